#include "cli/usual_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "cli/common.h"
#include "cli/run_data.h"
#include "cli/train_memory.h"
#include "gtn/core/machine.h"
#include "gtn/data/real_source.h"

namespace gtn {
namespace {

constexpr double kPatience = 3;  // seconds
constexpr int kMeasured = 3;
constexpr double kFewest = 20;  // meta-iterations
constexpr int64_t kLooks = 20;  // at the validation split

}  // namespace

RunConfig usual_run() {
  RunConfig config;
  MetaConfig& meta = config.meta;
  meta.teacher.steps = 24;
  meta.teacher.batch = 50;
  meta.teacher.images = Images::pixels;
  meta.teacher.labels = Labels::learned;
  meta.teacher.optimizer = InnerOptimizer::adam;
  meta.teacher.lr = 0.005;
  meta.teacher.momentum = 0.9;
  meta.real_batch = 512;
  meta.conditioned_step_sizes = true;
  meta.outer.learners = 2;
  meta.outer.lr = 0.01;
  meta.outer.final_lr = 0.02;
  meta.population.widths = {8, 12};
  meta.population.norms = {"none", "batch", "instance"};
  meta.population.activations = {"relu", "leaky_relu(0.1)", "silu"};
  config.validation.learners = 8;
  return config;
}

double seconds_of_iteration(const RunConfig& config, const Splits& splits, at::Device device) {
  // Time is as a few meta-iterations take it; the teacher's examples are drawn whatever their class, which takes as
  // long.
  const Shape image = image_of(splits);
  const int64_t classes = splits.train.classes();
  const int64_t room = forecast_run(config, image, classes, available_memory() / 2, /*insists=*/true).record_room;
  const Key key(static_cast<uint64_t>(config.seed));
  const RealSource real(splits.train, splits.normalization, config.meta.real_batch, key.split("real"),
                        Sampling::with_replacement, device);
  const RealSource examples(splits.train, splits.normalization, config.meta.teacher.batch, key.split("examples"),
                            Sampling::with_replacement, device);
  const AugmentedSource augmented(real, config.augment, key.split("augment"));
  MetaTrainer trainer(config.meta, image, classes, augmented, key.split("trainer"), device, room, &examples,
                      config.augment.of_synthetic());
  const auto step = [&] {
    const auto start = std::chrono::steady_clock::now();
    trainer.step();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  double seconds = step();  // the first one fetches the memory besides: it counts where it is long alone
  if (seconds >= kPatience) return seconds;
  seconds = 0;
  for (int i = 0; i < kMeasured; ++i) seconds += step() / kMeasured;
  return seconds;
}

bool sets_iterations(const std::vector<std::string>& settings) {
  return std::ranges::any_of(settings, [](const std::string& s) { return s.starts_with("outer.iterations="); });
}

double fit_iterations(RunConfig& config, const Splits& splits, double minutes, at::Device device) {
  const double one = seconds_of_iteration(config, splits, device) / 60;
  int64_t& iterations = config.meta.outer.iterations;
  iterations = std::llround(std::clamp(minutes / one, kFewest, 1e6));
  config.validation.every = (iterations + kLooks - 1) / kLooks;
  return one * static_cast<double>(iterations);
}

}  // namespace gtn
