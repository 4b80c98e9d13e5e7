#include "gtn/nets/activation.h"

#include "gtn/core/config_writer.h"

namespace gtn {
namespace {

LocalOp local_activation(kernels::OpKind kind, const Shape& input, double slope = 0) {
  LocalOp local;
  local.op.kind = kind;
  local.op.in = local.op.out = plane_of(input);
  local.op.slope = static_cast<float>(slope);
  return local;
}

}  // namespace

std::string LeakyRelu::text() const { return slope_ == 0 ? "relu" : "leaky_relu(" + number_text(slope_) + ")"; }

std::optional<LocalOp> LeakyRelu::local_op(const Shape& input) const {
  return local_activation(kernels::OpKind::leaky_relu, input, slope_);
}

Dual LeakyRelu::forward(std::span<const Dual>, const Dual& x, Tape& tape) const {
  tape.saved = {{x.value, {}}};
  Dual y{at::leaky_relu(x.value, slope_), {}};
  if (x.carries()) y.tangent = at::leaky_relu_backward(x.tangent, x.value, slope_, false);
  return y;
}

Dual LeakyRelu::backward(std::span<const Dual>, const Dual& grad_y, Tape& tape, std::span<Dual>) const {
  const Tensor& x = tape.saved[0].value;
  return linear_map(grad_y, [&](const Tensor& g) { return at::leaky_relu_backward(g, x, slope_, false); });
}

Dual SmoothActivation::forward(std::span<const Dual>, const Dual& x, Tape& tape) const {
  const Derivatives f = derivatives(x.value, x.carries());
  if (!x.carries()) {
    tape.saved = {{f.first, {}}};
    return {f.value, {}};
  }
  tape.saved = {{f.first, f.second * x.tangent}};
  return {f.value, f.first * x.tangent};
}

Dual SmoothActivation::backward(std::span<const Dual>, const Dual& grad_y, Tape& tape, std::span<Dual>) const {
  return grad_y * tape.saved[0];
}

std::optional<LocalOp> Tanh::local_op(const Shape& input) const {
  return local_activation(kernels::OpKind::tanh, input);
}

SmoothActivation::Derivatives Tanh::derivatives(const Tensor& x, bool need_second) const {
  const Tensor y = at::tanh(x), first = 1 - y * y;
  return {y, first, need_second ? -2 * y * first : Tensor()};
}

std::optional<LocalOp> Silu::local_op(const Shape& input) const {
  return local_activation(kernels::OpKind::silu, input);
}

SmoothActivation::Derivatives Silu::derivatives(const Tensor& x, bool need_second) const {
  const Tensor s = at::sigmoid(x), y = x * s, slope = s * (1 - s);
  return {y, s + x * slope, need_second ? slope * (2 + x * (1 - 2 * s)) : Tensor()};
}

}  // namespace gtn
