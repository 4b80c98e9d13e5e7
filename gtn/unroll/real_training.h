// Training on real data to the end, as networks usually are: what estimates are held against, what a search makes of
// its winners, and what experts come from.
#pragma once

#include "gtn/data/augment.h"
#include "gtn/data/dataset.h"
#include "gtn/unroll/inner_loop.h"
#include "gtn/unroll/schedule.h"

namespace gtn {

struct RealTrainingConfig {
  int64_t steps = 1500;
  int64_t batch = 64;
  InnerOptimizer optimizer = InnerOptimizer::sgd;
  double lr = 0.05;
  double momentum = 0.9;
  double drop_path = 0;
  AugmentConfig augment = {};
  Decay decay = Decay::cosine;
  int64_t calibration = 8;  // batches whose mean statistics the batch norms use afterwards

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("steps", self.steps, "steps of training, the step size falling as a cosine", at_least(1));
    field("batch", self.batch, "images in each batch", at_least(2));
    field("optimizer", self.optimizer, "sgd, rmsprop or adam");
    field("lr", self.lr, "step size it starts with", positive());
    field("momentum", self.momentum, "momentum; of adam: beta1", between(0, 0.999999));
    field(
        "drop_path", self.drop_path,
        "probability with which a summand of a cell or residual block is left out for an image, rising from 0 to this "
        "in the last step (0: off)",
        between(0, 0.9));
    field("augment", self.augment, "random changes of the images");
  }
};

struct TrainedNet {
  Tensor w;               // [P]; not finite where the training diverged
  Statistics statistics;  // of real batches, under w
};

// A fresh learner trained on batches drawn from the training split with replacement. `observer` as that of train().
// Drop-path is scheduled (Zoph et al., 2018) and off in evaluation; a learner that is no Net has no paths to drop.
TrainedNet train_on_real(const Learner& learner, const Splits& splits, const RealTrainingConfig& config, const Key& key,
                         at::Device device, const StepObserver& observer = {});

}  // namespace gtn
