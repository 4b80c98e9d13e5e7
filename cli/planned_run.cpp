#include "cli/planned_run.h"

#include <cstdio>

#include "cli/common.h"
#include "cli/run_data.h"
#include "cli/train_memory.h"
#include "cli/usual_run.h"
#include "gtn/core/machine.h"

namespace gtn {
namespace {

// Memory as gtn train counts it before it begins, time as a few meta-iterations take it.
Forecast forecast_of(const RunConfig& config, const Splits& splits, at::Device device) {
  const int64_t free = available_memory();
  const MemoryForecast memory =
      forecast_run(config, image_of(splits), splits.train.classes(), free / 2, /*insists=*/true);
  Forecast forecast{.bytes = memory.total(), .free_bytes = free};
  if (free > 0 && memory.least() > free) return forecast;  // not to be tried
  forecast.seconds = seconds_of_iteration(config, splits, device) * static_cast<double>(config.meta.outer.iterations);
  return forecast;
}

// Named by a person, or the one that stands for those that the teacher would meet.
LearnerText learner_of(const RunConfig& config, const std::string& learner, const Key& key) {
  if (!learner.empty()) return read_learner(learner);
  return {leading_learner(config.meta.population, key), ""};
}

}  // namespace

PlannedRun planned_run(const RunConfig& config, const Splits& splits, const std::string& learner, at::Device device) {
  const TeacherConfig& teacher = config.meta.teacher;
  const Key key = Key(static_cast<uint64_t>(config.seed)).split("preflight");
  return {
      .splits = splits,
      .learner = make_net(learner_of(config, learner, key.split("learner")), image_of(splits), splits.train.classes()),
      .batch = teacher.batch,
      .step = {teacher.lr, teacher.momentum},
      .optimizer = teacher.optimizer,
      .forecast = [config, splits, device] { return forecast_of(config, splits, device); },
      .key = key,
      .device = device};
}

void warn_before_run(const RunConfig& config, const Splits& splits, at::Device device) {
  // What everybody knows of a data set that everybody has need not be said at every run.
  const Effort dearest = is_known_dataset(config.dataset) ? Effort::instant : Effort::seconds;
  for (const CheckResult& result : run_checks(planned_run(config, splits, "", device), dearest)) {
    const Finding& finding = result.finding;
    if (finding.verdict == Verdict::pass) continue;
    std::fprintf(stderr, "gtn: warning: %s: %s; %s\n", std::string(result.name).c_str(), finding.figure.c_str(),
                 finding.advice.c_str());
  }
}

}  // namespace gtn
