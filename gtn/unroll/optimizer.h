// What one inner step does with a gradient g, and the exact derivative of it. State (w, v, s), step size a, momentum m;
// b = 0.99 (rmsprop) or 0.999 (adam), e = 1e-8:
//
//   sgd       v' = m v + g                                                         w' = w - a v'
//   rmsprop   s' = b s + (1 - b) g^2     v' = m v + g / (sqrt(s') + e)             w' = w - a v'
//   adam      s' = b s + (1 - b) g^2     v' = m v + g     c' = m c + 1     d' = b d + 1 - b
//                                        w' = w - a (v' / c') / (sqrt(s' / d') + e)
//
// from v = s = c = d = 0. v' / c' and s' / d' are weighted means of what came before, for any sequence of momenta (also
// where a learned one reaches 1); with one momentum for all steps this is Adam (Kingma and Ba, 2015), beta1 = m: the
// factor 1 - m that they give both v and c cancels.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtn/core/tensor.h"

namespace gtn {

enum class InnerOptimizer { sgd, rmsprop, adam };

constexpr auto names_of(InnerOptimizer) {
  return std::to_array<std::pair<InnerOptimizer, std::string_view>>(
      {{InnerOptimizer::sgd, "sgd"}, {InnerOptimizer::rmsprop, "rmsprop"}, {InnerOptimizer::adam, "adam"}});
}

std::string_view name_of(InnerOptimizer optimizer);
// Throws a failure at `where` for a name that is none of them.
InnerOptimizer optimizer_named(std::string_view name, const std::string& where);

// One step's own sizes: a and m above.
struct StepSize {
  double lr = 0.02;
  double momentum = 0.5;
};

// The size of every step, and what is done with them.
struct Schedule {
  std::vector<StepSize> sizes;
  InnerOptimizer optimizer = InnerOptimizer::sgd;
};

struct LearnerState {
  Tensor w;             // parameters [P]
  Tensor v;             // momentum buffer [P]
  Tensor s = {};        // mean square of the gradients [P]; undefined: zero
  double v_weight = 0;  // c above, of adam
  double s_weight = 0;  // d above, of adam

  static LearnerState start(const Tensor& w0) { return {w0, at::zeros_like(w0)}; }
};

// The state after one step along `gradient` [P], which it takes over; the old state stays as it is.
LearnerState advance(const LearnerState& state, Tensor gradient, const StepSize& size,
                     InnerOptimizer optimizer = InnerOptimizer::sgd);

// dM/d(w, v, s, c) of one state [P]; s and c of sgd, c of rmsprop stay zero, an undefined s is zero.
struct StateAdjoint {
  Tensor w, v, s = {};
  double v_weight = 0;

  static StateAdjoint zero(const Tensor& w) { return {at::zeros_like(w), at::zeros_like(w)}; }
};

// What one step's derivative gives beside the adjoint of the state before it.
struct StepAdjoint {
  Tensor u;  // dM/dg [P]: the direction of the second-order pass
  double log_lr = 0, log_momentum = 0;
};

// The adjoint of advance(): `adjoint` is that of `after` when called and that of `before` when it returns, without the
// term H u that w gains because g is a function of it. `gradient` [P] is the one of this step; sgd does not read it.
//
// With r = sqrt(s' / d') (rmsprop: d' = 1), n = v' / c' (adam) or g (rmsprop), the step divides n by r + e, and
//
//   d(n / (r + e))/ds' = -n / (2 d' r (r + e)^2)
//   d(n / (r + e))/dg  = (h / r + e) / (c' (r + e)^2)     h = (b s - (1 - b) m v g) / d'  (rmsprop: b s, c' = 1)
//
// where the second holds both ways of g, through n and through s', added up before they can cancel. The root has no
// derivative at zero: where s' = 0 (every gradient so far was exactly zero, as in a dead unit) nothing passes.
StepAdjoint retreat(const LearnerState& before, const Tensor& gradient, const LearnerState& after, const StepSize& size,
                    InnerOptimizer optimizer, StateAdjoint& adjoint);

// How many vectors [P] a differentiated step has to keep for retreat(): w, v, and where it is read s and g.
constexpr int64_t vectors_kept(InnerOptimizer optimizer) { return optimizer == InnerOptimizer::sgd ? 2 : 4; }

}  // namespace gtn
