#include "cli/planned_run.h"

#include <chrono>
#include <cstdio>

#include "cli/common.h"
#include "cli/run_data.h"
#include "cli/train_memory.h"
#include "gtn/data/real_source.h"

namespace gtn {
namespace {

// Memory as gtn train counts it before it begins, time as a few meta-iterations take it. The teacher's examples are
// drawn whatever their class, which takes as long.
Forecast forecast_of(const RunConfig& config, const Splits& splits, at::Device device) {
  const Shape image = image_of(splits);
  const int64_t classes = splits.train.classes(), free = available_memory();
  const MemoryForecast memory = forecast_run(config, image, classes, free / 2, /*insists=*/true);
  Forecast forecast{.bytes = memory.total(), .free_bytes = free};
  if (free > 0 && memory.least() > free) return forecast;  // not to be tried
  const Key key(static_cast<uint64_t>(config.seed));
  const RealSource real(splits.train, splits.normalization, config.meta.real_batch, key.split("real"),
                        Sampling::with_replacement, device);
  const RealSource examples(splits.train, splits.normalization, config.meta.teacher.batch, key.split("examples"),
                            Sampling::with_replacement, device);
  const AugmentedSource augmented(real, config.augment, key.split("augment"));
  MetaTrainer trainer(config.meta, image, classes, augmented, key.split("trainer"), device, memory.record_room,
                      &examples, config.augment.of_synthetic());
  const auto step = [&] {
    const auto start = std::chrono::steady_clock::now();
    trainer.step();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  constexpr double kPatience = 3;  // seconds
  constexpr int kMeasured = 3;
  double seconds = step();  // the first one fetches the memory besides: it counts where it is long alone
  if (seconds < kPatience) {
    seconds = 0;
    for (int i = 0; i < kMeasured; ++i) seconds += step() / kMeasured;
  }
  forecast.seconds = seconds * static_cast<double>(config.meta.outer.iterations);
  return forecast;
}

// Named by a person, or the first that the teacher would meet.
LearnerText learner_of(const RunConfig& config, const std::string& learner, const Key& key) {
  if (!learner.empty()) return read_learner(learner);
  const std::vector<std::string>& fixed = config.meta.population.fixed;
  return {fixed.empty() ? sample_learner(config.meta.population, key) : fixed.front(), ""};
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
  for (const CheckResult& result : run_checks(planned_run(config, splits, "", device), Effort::instant)) {
    const Finding& finding = result.finding;
    if (finding.verdict == Verdict::pass) continue;
    std::fprintf(stderr, "gtn: warning: %s: %s; %s\n", std::string(result.name).c_str(), finding.figure.c_str(),
                 finding.advice.c_str());
  }
}

}  // namespace gtn
