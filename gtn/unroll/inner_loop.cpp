#include "gtn/unroll/inner_loop.h"

namespace gtn {

LearnerState advance(const LearnerState& state, Tensor gradient, const StepSize& size) {
  NoGrad no_grad;
  gradient.add_(state.v, size.momentum);
  return {at::add(state.w, gradient, -size.lr), gradient};
}

LearnerState sgd_step(const Learner& learner, const LearnerState& state, const Batch& batch, const StepSize& size) {
  return advance(state, learner.gradient(state.w, batch.x, batch.y).w, size);
}

LearnerState train(const Learner& learner, LearnerState state, const BatchSource& source, const Schedule& schedule,
                   int64_t begin, int64_t end, const StepObserver& observer) {
  for (int64_t t = begin; t < end; ++t) {
    state = sgd_step(learner, state, source.batch(t), schedule.at(static_cast<size_t>(t)));
    if (observer) observer(t + 1, state);
  }
  return state;
}

}  // namespace gtn
