// The inner loop: a learner's SGD with momentum on a source of batches.
#pragma once

#include <functional>

#include "gtn/data/batch.h"
#include "gtn/nets/learner.h"

namespace gtn {

// One SGD step's own sizes: v' = momentum v + g, w' = w - lr v'.
struct StepSize {
  double lr = 0.02;
  double momentum = 0.5;
};
using Schedule = std::vector<StepSize>;

struct LearnerState {
  Tensor w;  // parameters [P]
  Tensor v;  // momentum buffer [P]

  static LearnerState start(const Tensor& w0) { return {w0, at::zeros_like(w0)}; }
};

// The state after one step along `gradient` [P], which it takes over; the old state stays as it is.
LearnerState advance(const LearnerState& state, Tensor gradient, const StepSize& size);

// The state after one step; the old one stays as it is.
LearnerState sgd_step(const Learner& learner, const LearnerState& state, const Batch& batch, const StepSize& size);

// Called after each step with the number of steps taken and the state.
using StepObserver = std::function<void(int64_t steps_taken, const LearnerState&)>;

// Takes the steps [begin, end) of the schedule, step t on source.batch(t). A diverged learner has non-finite
// parameters; that is a result, not an error. Throws std::out_of_range where the schedule is shorter than `end`.
LearnerState train(const Learner& learner, LearnerState state, const BatchSource& source, const Schedule& schedule,
                   int64_t begin, int64_t end, const StepObserver& observer = {});

}  // namespace gtn
