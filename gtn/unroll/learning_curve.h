// How a learner does on its way through a training on real data: on images that it is trained on, and on images that it
// is not. Where the first goes on to rise and the second does not, it learns what does not carry over.
#pragma once

#include <vector>

#include "gtn/data/dataset.h"
#include "gtn/unroll/inner_loop.h"

namespace gtn {

struct LearningPoint {
  int64_t steps = 0;                 // taken
  double train = 0, validation = 0;  // percent of the first 100 to 1,000 images of these that are right
};

class LearningCurve final {
 public:
  // Looks `points` times at a training of so many steps on batches of so many images, evenly spread, the last time at
  // its end; fewer where it has fewer steps. Batch norms take their statistics from 100 real images. Keeps references
  // to `learner` and `splits`. Throws std::invalid_argument where a number is below one.
  LearningCurve(const Learner& learner, const Splits& splits, int64_t steps, int64_t batch, int64_t points,
                at::Device device);

  // A StepObserver. A learner that diverged has no points from there on.
  void observe(int64_t steps_taken, const LearnerState& state);

  const std::vector<LearningPoint>& points() const { return points_; }

 private:
  const Learner& learner_;
  const Splits& splits_;
  int64_t steps_, count_, judged_;
  at::Device device_;
  Tensor calibration_;  // images [B, C, H, W]
  std::vector<LearningPoint> points_;
};

}  // namespace gtn
