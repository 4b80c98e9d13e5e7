// The inner loop: a learner's training on a source of batches.
#pragma once

#include <functional>

#include "gtn/data/batch.h"
#include "gtn/nets/learner.h"
#include "gtn/unroll/optimizer.h"

namespace gtn {

// The state after one step on `batch`; the old one stays as it is.
LearnerState inner_step(const Learner& learner, const LearnerState& state, const Batch& batch, const StepSize& size,
                        InnerOptimizer optimizer = InnerOptimizer::sgd);

// Called after each step with the number of steps taken and the state.
using StepObserver = std::function<void(int64_t steps_taken, const LearnerState&)>;

// Takes the steps [begin, end) of the schedule, step t on source.batch(t). A diverged learner has non-finite
// parameters; that is a result, not an error. Throws std::out_of_range where the schedule is shorter than `end`.
LearnerState train(const Learner& learner, LearnerState state, const BatchSource& source, const Schedule& schedule,
                   int64_t begin, int64_t end, const StepObserver& observer = {});

}  // namespace gtn
