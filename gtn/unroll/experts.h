// Experts: networks trained on real data, whose opinion serves as soft labels.
#pragma once

#include <functional>

#include "gtn/unroll/real_training.h"

namespace gtn {

struct ExpertConfig {
  int64_t count = 3;
  RealTrainingConfig training = {};

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("count", self.count, "networks trained on the training split, whose labels are averaged (0: none)",
          at_least(0));
    RealTrainingConfig::visit(self.training, field);
  }
};

using Expert = TrainedNet;

// `config.count` learners, each from initial parameters and on batches of its own, drawn from the training split. Side
// by side where their steps are small (for_learners). A diverged one is a result. `progress(done, total)` counts
// experts; it is called by one thread at a time, not always the same.
std::vector<Expert> train_experts(const Learner& learner, const Splits& splits, const ExpertConfig& config,
                                  const Key& key, at::Device device = at::kCPU,
                                  const std::function<void(int64_t, int64_t)>& progress = {});

// The mean of the experts' softmax(logits / temperature) for images x [N, C, H, W] in normalised units: [N, K], each
// row sums to one. Throws std::invalid_argument where there is no expert or `temperature` is not positive.
Tensor soft_labels(const Learner& learner, const std::vector<Expert>& experts, const Tensor& x, double temperature);

// The same for all images of a data set, on the CPU.
Tensor soft_labels(const Learner& learner, const std::vector<Expert>& experts, const Dataset& dataset,
                   const Normalization& normalization, double temperature, at::Device device = at::kCPU);

}  // namespace gtn
