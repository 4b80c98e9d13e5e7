#include "gtn/unroll/real_training.h"

#include "gtn/data/real_source.h"
#include "gtn/nets/drop_path.h"

namespace gtn {
namespace {

LearnerState train_dropping_paths(const Net& net, LearnerState state, const BatchSource& source,
                                  const Schedule& schedule, const RealTrainingConfig& config, const Key& key,
                                  const StepObserver& observer) {
  for (int64_t step = 0; step < config.steps; ++step) {
    const double share = static_cast<double>(step + 1) / static_cast<double>(config.steps);
    const auto thinned =
        with_dropped_paths(net, share * config.drop_path, config.batch, key.split(static_cast<uint64_t>(step)));
    state = train(*thinned, std::move(state), source, schedule, step, step + 1, observer);
  }
  return state;
}

}  // namespace

TrainedNet train_on_real(const Learner& learner, const Splits& splits, const RealTrainingConfig& config, const Key& key,
                         at::Device device, const StepObserver& observer) {
  const RealSource source(splits.train, splits.normalization, config.batch, key.split("real"),
                          Sampling::with_replacement, device);
  const AugmentedSource augmented(source, config.augment, key.split("augment"));
  const Schedule schedule = make_schedule(config.steps, {config.lr, config.momentum}, config.optimizer, config.decay);
  const LearnerState start = LearnerState::start(learner.initial(key.split("initial")).to(device));
  const auto* const net = dynamic_cast<const Net*>(&learner);
  const Tensor w =
      config.drop_path > 0 && net
          ? train_dropping_paths(*net, start, augmented, schedule, config, key.split("drop path"), observer).w
          : train(learner, start, augmented, schedule, 0, config.steps, observer).w;
  Tensors calibration;  // images as they are judged: not augmented
  for (int64_t i = 0; i < config.calibration; ++i) calibration.push_back(source.batch(config.steps + i).x);
  return {w, learner.calibrate(w, calibration)};
}

}  // namespace gtn
