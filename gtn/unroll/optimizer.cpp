#include "gtn/unroll/optimizer.h"

#include "gtn/core/error.h"
#include "gtn/core/quote.h"

namespace gtn {
namespace {

constexpr double kEpsilon = 1e-8;

// b: how much of the mean square a step keeps.
constexpr double decay_of(InnerOptimizer optimizer) { return optimizer == InnerOptimizer::adam ? 0.999 : 0.99; }

// r = sqrt(s' / d') [P].
Tensor root_of(const LearnerState& after, InnerOptimizer optimizer) {
  return optimizer == InnerOptimizer::adam ? at::div(after.s, after.s_weight).sqrt_() : after.s.sqrt();
}

// <a, b>, in the type of the tensors.
double product(const Tensor& a, const Tensor& b) { return scalar(at::dot(a, b)); }

// The factors by which an adjoint of n / (r + e) goes on to n alone, to g (by n and by s') and to s' [P]; zero where r
// is.
struct Slopes {
  Tensor n, g, s;
};

Slopes slopes_of(const LearnerState& before, const Tensor& gradient, const LearnerState& after, double momentum,
                 InnerOptimizer optimizer) {
  const bool is_adam = optimizer == InnerOptimizer::adam;
  const double b = decay_of(optimizer);
  const double c = is_adam ? after.v_weight : 1, d = is_adam ? after.s_weight : 1;
  const Tensor r = root_of(after, optimizer);
  const Tensor alive = r.gt(0);
  // 1 / r, and zero where r is: one factor at a time, since r (r + e)^2 would leave float32's range.
  const Tensor inverse = at::where(alive, r.reciprocal(), at::zeros_like(r));
  Slopes slopes{.n = at::add(r, kEpsilon).reciprocal_().mul_(alive), .g = {}, .s = {}};
  const Tensor square = slopes.n.square();
  Tensor h = before.s.defined() ? at::mul(before.s, b / d) : at::zeros_like(r);
  if (is_adam) h.addcmul_(before.v, gradient, -(1 - b) * momentum / d);
  slopes.g = h.mul_(inverse).add_(kEpsilon).mul_(square).div_(c);
  slopes.s = at::mul(is_adam ? after.v : gradient, inverse).mul_(square).mul_(-0.5 / (c * d));
  return slopes;
}

// What reaches g and the old s of `adjoint` when `divided` is the adjoint of n / (r + e). Returns dM/dg without the
// momentum's way.
Tensor retreat_root(const Slopes& slopes, const Tensor& divided, const Tensor& gradient, InnerOptimizer optimizer,
                    StateAdjoint& adjoint) {
  const double b = decay_of(optimizer);
  Tensor u = at::mul(divided, slopes.g);
  Tensor through_s = at::mul(divided, slopes.s);
  if (adjoint.s.defined()) {
    u.addcmul_(adjoint.s, gradient, 2 * (1 - b));
    through_s.add_(adjoint.s);
  }
  adjoint.s = through_s.mul_(b);
  return u;
}

StepAdjoint retreat_sgd(const LearnerState& before, const LearnerState& after, const StepSize& size,
                        StateAdjoint& adjoint) {
  StepAdjoint result;
  result.log_lr = -size.lr * product(adjoint.w, after.v);
  result.u = at::add(adjoint.v, adjoint.w, -size.lr);
  result.log_momentum = size.momentum * product(result.u, before.v);
  adjoint.v = result.u * size.momentum;
  return result;
}

StepAdjoint retreat_rmsprop(const LearnerState& before, const Tensor& gradient, const LearnerState& after,
                            const StepSize& size, StateAdjoint& adjoint) {
  StepAdjoint result = retreat_sgd(before, after, size, adjoint);  // its u is the adjoint of v'
  const Slopes slopes = slopes_of(before, gradient, after, size.momentum, InnerOptimizer::rmsprop);
  result.u = retreat_root(slopes, result.u, gradient, InnerOptimizer::rmsprop, adjoint);
  return result;
}

StepAdjoint retreat_adam(const LearnerState& before, const Tensor& gradient, const LearnerState& after,
                         const StepSize& size, StateAdjoint& adjoint) {
  const double c = after.v_weight;
  const Slopes slopes = slopes_of(before, gradient, after, size.momentum, InnerOptimizer::adam);
  const Tensor divided = at::mul(adjoint.w, -size.lr);     // of n / (r + e)
  const Tensor of_mean = at::mul(divided, slopes.n);       // of n = v' / c'
  const double along = product(of_mean, after.v) / c;      // <of_mean, n>
  const double of_weight = adjoint.v_weight - along / c;   // of c'
  const Tensor of_v = at::add(adjoint.v, of_mean, 1 / c);  // of v', all ways
  StepAdjoint result;
  result.log_lr = along;
  result.log_momentum = size.momentum * (product(of_v, before.v) + of_weight * before.v_weight);
  result.u = retreat_root(slopes, divided, gradient, InnerOptimizer::adam, adjoint).add_(adjoint.v);
  adjoint.v = of_v * size.momentum;
  adjoint.v_weight = of_weight * size.momentum;
  return result;
}

}  // namespace

std::string_view name_of(InnerOptimizer optimizer) {
  for (const auto& [value, name] : names_of(optimizer))
    if (value == optimizer) return name;
  throw std::logic_error("names_of does not list this inner optimiser");
}

InnerOptimizer optimizer_named(std::string_view name, const std::string& where) {
  std::string known;
  for (const auto& [value, own] : names_of(InnerOptimizer::sgd)) {
    if (own == name) return value;
    known.append(known.empty() ? "" : ", ").append(own);
  }
  throw failure(where, "the optimiser " + quoted(std::string(name)) + " is unknown; this program knows " + known);
}

LearnerState advance(const LearnerState& state, Tensor gradient, const StepSize& size, InnerOptimizer optimizer) {
  NoGrad no_grad;
  if (optimizer == InnerOptimizer::sgd) {
    gradient.add_(state.v, size.momentum);
    return {at::add(state.w, gradient, -size.lr), gradient};
  }
  const double b = decay_of(optimizer);
  LearnerState next;
  next.s = state.s.defined() ? at::mul(state.s, b) : at::zeros_like(gradient);
  next.s.addcmul_(gradient, gradient, 1 - b);
  if (optimizer == InnerOptimizer::adam) {
    next.v_weight = size.momentum * state.v_weight + 1;
    next.s_weight = b * state.s_weight + (1 - b);
  }
  const Tensor divisor = root_of(next, optimizer).add_(kEpsilon);
  if (optimizer == InnerOptimizer::rmsprop) {
    next.v = gradient.div_(divisor).add_(state.v, size.momentum);
    next.w = at::add(state.w, next.v, -size.lr);
  } else {
    next.v = gradient.add_(state.v, size.momentum);
    next.w = at::addcdiv(state.w, next.v, divisor, -size.lr / next.v_weight);
  }
  return next;
}

StepAdjoint retreat(const LearnerState& before, const Tensor& gradient, const LearnerState& after, const StepSize& size,
                    InnerOptimizer optimizer, StateAdjoint& adjoint) {
  NoGrad no_grad;
  if (optimizer == InnerOptimizer::sgd) return retreat_sgd(before, after, size, adjoint);
  return optimizer == InnerOptimizer::rmsprop ? retreat_rmsprop(before, gradient, after, size, adjoint)
                                              : retreat_adam(before, gradient, after, size, adjoint);
}

}  // namespace gtn
