#include "gtn/unroll/inner_loop.h"

namespace gtn {

LearnerState inner_step(const Learner& learner, const LearnerState& state, const Batch& batch, const StepSize& size,
                        InnerOptimizer optimizer) {
  return advance(state, learner.gradient(state.w, batch.x, batch.y).w, size, optimizer);
}

LearnerState train(const Learner& learner, LearnerState state, const BatchSource& source, const Schedule& schedule,
                   int64_t begin, int64_t end, const StepObserver& observer) {
  for (int64_t t = begin; t < end; ++t) {
    state = inner_step(learner, state, source.batch(t), schedule.sizes.at(static_cast<size_t>(t)), schedule.optimizer);
    if (observer) observer(t + 1, state);
  }
  return state;
}

}  // namespace gtn
