// A layer of a learner: a pure function of its parameters and its input, with an explicit derivative, both on dual
// tensors. To add one, derive a final class, list it in spec.cpp, and call expect_layer_contract() on it in a test.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "gtn/core/random.h"
#include "gtn/kernels/kernels.h"
#include "gtn/nets/dual.h"

namespace gtn {

// How normalisation over a batch sees statistics.
enum class Mode {
  train,     // computes them from its input and leaves them in the tape
  evaluate,  // takes them from the tape
};

// In which numbers the heavy products of large layers are computed. Their sums, and everything else, are in the type of
// the parameters.
enum class Precision {
  full,      // the type of the parameters
  bfloat16,  // inputs rounded to bfloat16: twice as fast on processors that have it
};

constexpr auto names_of(Precision) {
  return std::to_array<std::pair<Precision, std::string_view>>(
      {{Precision::full, "f32"}, {Precision::bfloat16, "bf16"}});
}

// What a backward pass is asked for at its layer's input.
enum class Need {
  nothing,
  tangent,  // d<u, grad L>/dx alone, where parameters carry u
  all,
};

// Which statistics a local operation takes.
enum class LocalNorm {
  none,
  mean,      // mean-only batch norm
  batch,     // batch norm
  instance,  // instance norm
};

// A layer that treats every channel alone, as the fused kernels see it.
struct LocalOp {
  kernels::Op op;
  LocalNorm norm = LocalNorm::none;
};

// The positions of an input [C, H, W] or [F].
inline kernels::Plane plane_of(const Shape& input) {
  return input.size() == 3 ? kernels::Plane{input[1], input[2]} : kernels::Plane{};
}

class FusedNorm;

// The heavy products of a plain pass that a dual pass at the same point would compute again.
struct Products {
  Tensor output, grad_weight, grad_x;
};
enum class Keep {
  nothing,
  write,  // leave them in the tape
  read,   // take them from the tape
};

// What one layer keeps between its forward and its backward pass.
struct Tape {
  Mode mode = Mode::train;
  Precision precision = Precision::full;
  Need need_grad_x = Need::all;
  Duals saved;
  Tensors statistics;       // one tensor for each name in Layer::statistics()
  Tensors statistics_grad;  // evaluate: written by backward; train: if present, backward adds their gradient to grad_x
  Keep keep = Keep::nothing;
  Products products;
  std::vector<Tape> parts;          // of a chain that runs layer by layer
  std::shared_ptr<FusedNorm> norm;  // of a chain that runs fused
};

// A heavy product: from the tape where an earlier pass left it, else f().
template <class F>
Tensor product(Tape& tape, Tensor Products::*which, F&& f) {
  if (tape.keep == Keep::read && (tape.products.*which).defined()) return tape.products.*which;
  Tensor computed = f();
  if (tape.keep == Keep::write) tape.products.*which = computed;
  return computed;
}

struct ParamSpec {
  std::string name;
  Shape shape;
};

class Layer {
 public:
  virtual ~Layer() = default;

  // The token of the learner text that makes this layer, such as "conv(64, k=3)".
  virtual std::string text() const = 0;
  // Shape of the output for one example ([C, H, W] or [F], no batch); throws a usage error where the input does not
  // fit.
  virtual Shape output_shape(const Shape& input) const = 0;
  // Multiplications with an addition that one example's forward pass takes in convolutions and matrix products;
  // elementwise work counts nothing. `input` as in output_shape().
  virtual int64_t multiply_adds(const Shape& /*input*/) const { return 0; }

  virtual std::vector<ParamSpec> params() const { return {}; }
  // Fills tensors of the shapes that params() names (Kaiming normal for weights: He et al., 2015).
  virtual void initialise(const Key&, std::span<Tensor>) const {}
  // Statistics that forward needs at evaluation, as names; empty for layers that treat each example alone.
  virtual std::vector<std::string> statistics() const { return {}; }

  // What the fused kernels do for this layer on inputs of this shape; none where they cannot stand for it.
  virtual std::optional<LocalOp> local_op(const Shape&) const { return std::nullopt; }

  // Whether this layer leaves Products in its tape.
  virtual bool keeps_products() const { return false; }

  // y(params, x); x is [B, C, H, W] or [B, F].
  virtual Dual forward(std::span<const Dual> params, const Dual& x, Tape& tape) const = 0;
  // Given dL/dy, writes dL/dparams into `grads` (one each, in the order of params()) and returns dL/dx, undefined where
  // tape.need_grad_x says that nobody asks. Call at most once for each forward.
  virtual Dual backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const = 0;
};

using LayerPtr = std::shared_ptr<const Layer>;

// Kaiming normal: N(0, 2 / fan_in), fan_in = elements of one output row of `weight` ([O, ...]).
void kaiming_normal(const Key& key, Tensor& weight);

}  // namespace gtn
