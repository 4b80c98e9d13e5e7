#include "cli/train_memory.h"

#include <algorithm>

#include "cli/common.h"
#include "gtn/core/error.h"
#include "gtn/core/machine.h"
#include "gtn/nets/pass_memory.h"
#include "gtn/nets/spec.h"
#include "gtn/unroll/accuracy.h"

namespace gtn {
namespace {

int64_t mebibytes(int64_t bytes) { return (bytes + (1 << 19)) >> 20; }

}  // namespace

MemoryForecast forecast_run(const RunConfig& config, const Shape& image, int64_t classes, int64_t limit, bool insists) {
  const int64_t judged = config.validation.every > 0 ? std::min(config.validation.images, kImagesAtOnce) : 0;
  MemoryForecast forecast = forecast_memory(config.meta, image, classes, limit, judged);
  if (judged > 0 && !config.validation.learner.empty()) {
    const auto net = make_net(config.validation.learner, image, classes);
    for (const int64_t batch : {judged, config.meta.teacher.batch})
      forecast.validation = std::max(forecast.validation, pass_bytes(*net, batch, Pass::plain));
  }
  const int64_t free = available_memory(), needed = mebibytes(forecast.least());
  if (insists || free == 0 || forecast.least() <= free) return forecast;
  const TeacherConfig& teacher = config.meta.teacher;
  throw failure("memory",
                "this run needs about " + std::to_string(needed) + " MiB, and " + std::to_string(mebibytes(free)) +
                    " MiB are free; lower teacher.batch (" + std::to_string(teacher.batch) + "), teacher.steps (" +
                    std::to_string(teacher.steps) + ") or real_batch (" + std::to_string(config.meta.real_batch) +
                    "), set unroll.window, take narrower learners, or insist with --memory " + std::to_string(needed));
}

std::string memory_text(const MemoryForecast& forecast, int64_t limit) {
  const auto mib = [](int64_t bytes) { return std::to_string(mebibytes(bytes)); };
  std::string text = "memory: about " + mib(forecast.total()) + " MiB: teacher " + mib(forecast.teacher) +
                     ", batches " + mib(forecast.batches) + ", unroll " + mib(forecast.unroll()) + " (trajectory " +
                     mib(forecast.trajectory) + ", a step " + mib(forecast.step) + ", kept activations " +
                     mib(forecast.records) + " for " + std::to_string(forecast.kept) + " of " +
                     std::to_string(forecast.differentiated) + " steps); after it generator " +
                     mib(forecast.generator) + ", validation " + mib(forecast.validation);
  if (forecast.total() > limit) return text + "; more than --memory " + mib(limit);
  if (forecast.kept < forecast.differentiated)
    text += "; the other steps compute theirs again (--memory " + mib(limit) + ")";
  return text;
}

}  // namespace gtn
