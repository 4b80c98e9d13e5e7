// The oracle of the unroll: all steps of a learner's training in one autograd graph, by the definition of its
// optimiser.
#pragma once

#include <cmath>

#include "gtn/nets/net.h"
#include "gtn/unroll/adjoint.h"

namespace gtn {

inline double relative_error(const Tensor& a, const Tensor& b) {
  return scalar((a - b).norm()) / (scalar(b.norm()) + 1e-30);
}

inline StoredBatches make_source(const Key& key, int64_t steps, at::ScalarType type, double label_sharpness,
                                 int64_t size = 8) {
  std::vector<Batch> batches;
  for (int64_t t = 0; t < steps; ++t) {
    const Key k = key.split(static_cast<uint64_t>(t));
    batches.push_back({k.split("x").normal({6, 1, size, size}).to(type).contiguous(kChannelsLast),
                       at::softmax(label_sharpness * k.split("y").normal({6, 3}), 1).to(type)});
  }
  return StoredBatches(std::move(batches));
}

struct GraphResult {
  Tensor total;
  Tensors x, y, lr, momentum;
  Tensor w0;
};

// One step of one state, differentiable in everything, by the formulas of optimizer.h as they stand there.
struct GraphState {
  Tensor w, v, s, c, d;

  static GraphState start(const Tensor& w) {
    return {w, at::zeros_like(w), at::zeros_like(w), at::zeros({}, w.options()), at::zeros({}, w.options())};
  }
};

// Its derivative at zero is cut off, where LibTorch's is infinite.
inline Tensor guarded_sqrt(const Tensor& s) {
  const Tensor alive = s.detach().gt(0);
  return at::where(alive, at::where(alive, s, at::ones_like(s)).sqrt(), at::zeros_like(s));
}

// 1 / (r + e), constant where r is zero.
inline Tensor guarded_reciprocal(const Tensor& r) { return (r + 1e-8).reciprocal() * r.detach().gt(0); }

inline GraphState graph_step(const GraphState& state, const Tensor& g, const Tensor& a, const Tensor& m,
                             InnerOptimizer optimizer) {
  GraphState next = state;
  switch (optimizer) {
    case InnerOptimizer::sgd:
      next.v = m * state.v + g;
      next.w = state.w - a * next.v;
      break;
    case InnerOptimizer::rmsprop:
      next.s = 0.99 * state.s + 0.01 * g * g;
      next.v = m * state.v + g * guarded_reciprocal(guarded_sqrt(next.s));
      next.w = state.w - a * next.v;
      break;
    case InnerOptimizer::adam:
      next.s = 0.999 * state.s + 0.001 * g * g;
      next.d = 0.999 * state.d + 0.001;
      next.v = m * state.v + g;
      next.c = m * state.c + 1;
      next.w = state.w - a * next.v / next.c * guarded_reciprocal(guarded_sqrt(next.s / next.d));
      break;
  }
  return next;
}

// The same unroll, differentiated by one autograd graph through everything.
inline GraphResult by_autograd(const std::shared_ptr<const Net>& net, const Tensor& w0, const StoredBatches& synthetic,
                               const Schedule& schedule, const StoredBatches& real, const MetaObjective& objective) {
  WithGrad with_grad;
  const auto unpacked = [&](const Tensor& w) {
    Duals params;
    for (const Tensor& view : net->unpack(w)) params.push_back({view, {}});
    return params;
  };
  const auto loss_of = [](const Tensor& z, const Tensor& y) {
    return -(at::log_softmax(z, 1) * y).sum() / static_cast<double>(y.size(0));
  };
  const int64_t begin = objective.window.begin, end = objective.window.end;
  GraphResult r;
  Tensors leaves;
  const auto leaf = [&](const Tensor& t) { return leaves.emplace_back(t.detach().clone().requires_grad_()); };
  for (int64_t t = 0; t < end; ++t) {
    r.x.push_back(leaf(synthetic.batch(t).x));
    r.y.push_back(leaf(synthetic.batch(t).y));
    r.lr.push_back(leaf(at::full({}, std::log(schedule.sizes[static_cast<size_t>(t)].lr), w0.options())));
    r.momentum.push_back(leaf(at::full({}, std::log(schedule.sizes[static_cast<size_t>(t)].momentum), w0.options())));
  }
  GraphState state = GraphState::start(w0.detach().clone().requires_grad_());
  r.total = at::zeros({}, w0.options());
  for (int64_t t = 0; t < end; ++t) {
    const auto i = static_cast<size_t>(t);
    if (t == begin) {
      state.w = leaf(state.w);
      for (Tensor* part : {&state.v, &state.s, &state.c, &state.d}) *part = part->detach();
    }
    std::vector<Tape> tapes = net->tapes(Mode::train);
    const Tensor loss = loss_of(net->forward(unpacked(state.w), {r.x[i], {}}, tapes).value, r.y[i]);
    const Tensor g = torch::autograd::grad({loss}, {state.w}, {}, true, /*create_graph=*/true)[0];
    state = graph_step(state, g, r.lr[i].exp(), r.momentum[i].exp(), schedule.optimizer);
    const int64_t taken = t + 1;
    if (taken <= begin || (taken != end && !(objective.loss_every > 0 && taken % objective.loss_every == 0))) continue;
    const Tensors batches = objective.calibration == Calibration::last ? Tensors{r.x[i]} : r.x;
    tapes = net->tapes(Mode::evaluate, net->statistics(unpacked(state.w), batches));
    const Batch judge = real.batch(taken);
    r.total = r.total + loss_of(net->forward(unpacked(state.w), {judge.x, {}}, tapes).value, judge.y);
  }
  const Tensors grads = torch::autograd::grad({r.total}, leaves, {}, false, false, /*allow_unused=*/true);
  size_t next = 0;
  const auto take = [&](Tensor& t) {
    t = grads[next].defined() ? grads[next] : at::zeros_like(t);
    ++next;
  };
  for (size_t i = 0; i < static_cast<size_t>(end); ++i)
    for (Tensors* list : {&r.x, &r.y, &r.lr, &r.momentum}) take((*list)[i]);
  r.w0 = grads[next];
  return r;
}

}  // namespace gtn
