#include "gtn/unroll/real_training.h"

#include "gtn/data/real_source.h"

namespace gtn {

TrainedNet train_on_real(const Learner& learner, const Splits& splits, const RealTrainingConfig& config, const Key& key,
                         at::Device device, const StepObserver& observer) {
  const RealSource source(splits.train, splits.normalization, config.batch, key.split("real"),
                          Sampling::with_replacement, device);
  const AugmentedSource augmented(source, config.augment, key.split("augment"));
  const Schedule schedule = make_schedule(config.steps, {config.lr, config.momentum}, config.optimizer, config.decay);
  const LearnerState start = LearnerState::start(learner.initial(key.split("initial")).to(device));
  const Tensor w = train(learner, start, augmented, schedule, 0, config.steps, observer).w;
  Tensors calibration;  // images as they are judged: not augmented
  for (int64_t i = 0; i < config.calibration; ++i) calibration.push_back(source.batch(config.steps + i).x);
  return {w, learner.calibrate(w, calibration)};
}

}  // namespace gtn
