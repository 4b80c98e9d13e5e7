// The wider field's protocol: fresh learners trained to the end on a small set of images.
#pragma once

#include "gtn/unroll/evaluation.h"

namespace gtn {

struct ToEndConfig {
  int64_t steps = 1000;
  int64_t batch = 128;  // or all images, where there are fewer
  InnerOptimizer optimizer = InnerOptimizer::sgd;
  double momentum = 0.9;
  std::vector<double> lr{0.003, 0.01, 0.03, 0.1};  // for sgd: see step_sizes_for
  int64_t selection_images = 2000;                 // of the validation split, for each choice
};

// Each learner trained for `config.steps` steps on shuffled batches of `set`, the step size falling to zero by a cosine
// from the best on validation; judged at the end alone.
TunedCurve train_to_end(const std::vector<LearnerPtr>& learners, const ImageSet& set, const Splits& splits,
                        const ToEndConfig& config, const Key& key, at::Device device, const Progress& progress);

}  // namespace gtn
