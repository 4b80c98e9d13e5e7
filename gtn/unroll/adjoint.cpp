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
    // In one piece: held one by one between the passes' short-lived tensors they would keep the memory in fragments.
    trajectory_ = at::empty({end - begin + 1, 2, w0.numel()}, w0.options());
    const LearnerState first = train(learner_, LearnerState::start(w0), synthetic_, schedule_, start, begin);
    state(begin).w.copy_(first.w);
    state(begin).v.copy_(first.v);
    // The last steps keep their records: the adjoint sweep frees them first.
    const int64_t recorded =
        end > begin ? recorded_steps(learner_, end - begin, synthetic_.batch(begin).x.size(0), objective_.memory) : 0;
    for (int64_t t = begin; t < end; ++t) step_forward(t, t >= end - recorded);
    result_.w_end = state(end).w.clone();
    Tensor lw = at::zeros_like(w0), lv = at::zeros_like(w0);
    for (int64_t t = end; t > begin; --t) {
      if (judged(t)) add_loss(t, lw);
      step_back(t - 1, lw, lv);
    }
    result_.w0 = lw;
    return std::move(result_);
  }

 private:
  LearnerState state(int64_t t) const {
    const Tensor row = trajectory_[t - objective_.window.begin];
    return {row[0], row[1]};
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
    const LearnerState next = advance(state(t), std::move(gradient.w), schedule_.at(static_cast<size_t>(t)));
    state(t + 1).w.copy_(next.w);
    state(t + 1).v.copy_(next.v);
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

  // From the adjoints of (w_{t+1}, v_{t+1}) to those of (w_t, v_t).
  void step_back(int64_t t, Tensor& lw, Tensor& lv) {
    const auto i = static_cast<size_t>(t);
    const StepSize& size = schedule_[i];
    const Batch batch = synthetic_.batch(t);
    result_.log_lr[i] = -size.lr * scalar(at::dot(lw, state(t + 1).v));
    const Tensor u = at::add(lv, lw, -size.lr);
    result_.log_momentum[i] = size.momentum * scalar(at::dot(u, state(t).v));
    const auto record = std::move(records_[static_cast<size_t>(t - objective_.window.begin)]);
    const SecondOrder product = record ? learner_.recorded_second_order(*record, state(t).w, u, batch.x, batch.y)
                                       : learner_.second_order(state(t).w, u, batch.x, batch.y);
    accumulate(result_.x[i], product.x);
    result_.y[i] = product.y;
    lw.add_(product.w);
    lv = u * size.momentum;
  }

  static void accumulate(Tensor& sum, const Tensor& part) { sum = sum.defined() ? sum + part : part; }

  const Learner& learner_;
  const BatchSource& synthetic_;
  const Schedule& schedule_;
  const BatchSource& real_;
  const MetaObjective& objective_;
  Tensor trajectory_;                                       // w and v of states begin .. end, [steps + 1, 2, P]
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
