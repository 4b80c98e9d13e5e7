#include "gtn/unroll/adjoint.h"

namespace gtn {
namespace {

// The forward sweep and the adjoint sweep over one window.
class Unroll {
 public:
  Unroll(const Learner& learner, const BatchSource& synthetic, const Schedule& schedule, const BatchSource& real,
         const MetaObjective& objective)
      : learner_(learner), synthetic_(synthetic), schedule_(schedule), real_(real), objective_(objective) {
    const auto steps = static_cast<size_t>(objective.window.end);
    result_ = {.x = Tensors(steps),
               .y = Tensors(steps),
               .log_lr = std::vector<double>(steps),
               .log_momentum = std::vector<double>(steps),
               .w0 = {},
               .w_end = {}};
  }

  MetaGradient run(const Tensor& w0) {
    const auto [begin, end, start] = objective_.window;
    allocate(w0);
    keep(begin, train(learner_, LearnerState::start(w0), synthetic_, schedule_, start, begin));
    // The last steps keep their records: the adjoint sweep frees them first.
    const int64_t recorded =
        end > begin ? recorded_steps(learner_, end - begin, synthetic_.batch(begin).x.size(0), objective_.memory) : 0;
    for (int64_t t = begin; t < end; ++t) step_forward(t, t >= end - recorded);
    result_.w_end = state(end).w.clone();
    StateAdjoint adjoint = StateAdjoint::zero(w0);
    for (int64_t t = end; t > begin; --t) {
      if (judged(t)) add_loss(t, adjoint.w);
      step_back(t - 1, adjoint);
    }
    result_.w0 = adjoint.w;
    return std::move(result_);
  }

 private:
  // In one piece: held one by one between the passes' short-lived tensors they would keep the memory in fragments.
  void allocate(const Tensor& w0) {
    const int64_t vectors = vectors_kept(schedule_.optimizer),
                  states = objective_.window.end - objective_.window.begin + 1;
    const Tensor trajectory = at::empty({states, vectors, w0.numel()}, w0.options());
    for (int64_t i = 0; i < states; ++i) {
      const Tensor row = trajectory[i];
      states_.push_back({row[0], row[1], vectors > 2 ? row[2] : Tensor()});
      gradients_.push_back(vectors > 3 ? row[3] : Tensor());
    }
  }

  size_t place(int64_t t) const { return static_cast<size_t>(t - objective_.window.begin); }
  const LearnerState& state(int64_t t) const { return states_[place(t)]; }

  void keep(int64_t t, const LearnerState& state) {
    LearnerState& kept = states_[place(t)];
    kept.w.copy_(state.w);
    kept.v.copy_(state.v);
    if (kept.s.defined()) state.s.defined() ? kept.s.copy_(state.s) : kept.s.zero_();
    kept.v_weight = state.v_weight;
    kept.s_weight = state.s_weight;
  }

  bool judged(int64_t t) const {
    return t == objective_.window.end || (objective_.loss_every > 0 && t % objective_.loss_every == 0);
  }

  void step_forward(int64_t t, bool record) {
    const Batch batch = synthetic_.batch(t);
    const Tensor w = state(t).w;
    Gradient gradient =
        record ? learner_.recorded_gradient(w, batch.x, batch.y) : learner_.gradient(w, batch.x, batch.y);
    records_.push_back(std::move(gradient.record));
    if (const Tensor& kept = gradients_[place(t)]; kept.defined()) kept.copy_(gradient.w);
    const StepSize& size = schedule_.sizes.at(static_cast<size_t>(t));
    keep(t + 1, advance(state(t), std::move(gradient.w), size, schedule_.optimizer));
  }

  // Adds the real-data loss after t steps: its gradient at w_t and at the synthetic batches whose statistics it used.
  void add_loss(int64_t t, Tensor& lw) {
    const int64_t first = objective_.calibration == Calibration::last ? t - 1 : objective_.window.start;
    const int64_t count =
        objective_.calibration == Calibration::last ? 1 : objective_.window.end - objective_.window.start;
    Tensors calibration;
    for (int64_t i = first; i < first + count; ++i) calibration.push_back(synthetic_.batch(i).x);
    const Batch real = real_.batch(t);
    const EvaluationGradient gradient = learner_.evaluation_gradient(state(t).w, real.x, real.y, calibration);
    lw.add_(gradient.w);
    for (int64_t i = 0; i < count; ++i)
      accumulate(result_.x[static_cast<size_t>(first + i)], gradient.calibration[static_cast<size_t>(i)]);
    const double loss = scalar(gradient.loss);
    if (t == objective_.window.end) result_.loss = loss;
    result_.total_loss += loss;
  }

  // From the adjoint of the state after step t to that of the state before it.
  void step_back(int64_t t, StateAdjoint& adjoint) {
    const auto i = static_cast<size_t>(t);
    const Batch batch = synthetic_.batch(t);
    const StepAdjoint step =
        retreat(state(t), gradients_[place(t)], state(t + 1), schedule_.sizes[i], schedule_.optimizer, adjoint);
    result_.log_lr[i] = step.log_lr;
    result_.log_momentum[i] = step.log_momentum;
    const auto record = std::move(records_[place(t)]);
    const SecondOrder product = record ? learner_.recorded_second_order(*record, state(t).w, step.u, batch.x, batch.y)
                                       : learner_.second_order(state(t).w, step.u, batch.x, batch.y);
    accumulate(result_.x[i], product.x);
    result_.y[i] = product.y;
    adjoint.w.add_(product.w);
  }

  static void accumulate(Tensor& sum, const Tensor& part) { sum = sum.defined() ? sum + part : part; }

  const Learner& learner_;
  const BatchSource& synthetic_;
  const Schedule& schedule_;
  const BatchSource& real_;
  const MetaObjective& objective_;
  std::vector<LearnerState> states_;                        // begin .. end, views into one tensor
  Tensors gradients_;                                       // of steps begin .. end - 1, in it too where they are kept
  std::vector<std::shared_ptr<const PassRecord>> records_;  // of steps begin .. end - 1
  MetaGradient result_;
};

}  // namespace

Window random_window(const Key& key, int64_t steps, int64_t length) {
  if (length <= 0 || length >= steps) return {0, steps};
  const int64_t end = length + key.index(steps - length + 1);
  return {end - length, end};
}

int64_t recorded_steps(const Learner& learner, int64_t steps, int64_t batch, int64_t memory) {
  const int64_t bytes = learner.record_bytes(batch);
  return bytes > 0 ? std::min(steps, memory / bytes) : 0;
}

MetaGradient meta_gradient(const Learner& learner, const Tensor& w0, const BatchSource& synthetic,
                           const Schedule& schedule, const BatchSource& real, const MetaObjective& objective) {
  NoGrad no_grad;
  return Unroll(learner, synthetic, schedule, real, objective).run(w0);
}

}  // namespace gtn
