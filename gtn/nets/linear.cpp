#include "gtn/nets/linear.h"

#include <cmath>

#include "gtn/core/error.h"

namespace gtn {

void kaiming_normal(const Key& key, Tensor& weight) {
  const double fan_in = static_cast<double>(weight.numel()) / static_cast<double>(weight.size(0));
  weight.copy_(key.normal(weight.sizes()) * std::sqrt(2.0 / fan_in));
}

std::string Linear::text() const {
  return "linear(" + std::to_string(out_) + (bias_ == Bias::none ? ", nobias)" : ")");
}

Shape Linear::output_shape(const Shape& input) const {
  if (input != Shape{in_})
    throw usage_error(text(), "needs an input of " + to_string(Shape{in_}) + ", not " + to_string(input));
  return {out_};
}

std::vector<ParamSpec> Linear::params() const {
  std::vector<ParamSpec> specs{{"weight", {out_, in_}}};
  if (bias_ == Bias::learned) specs.push_back({"bias", {out_}});
  return specs;
}

void Linear::initialise(const Key& key, std::span<Tensor> params) const {
  kaiming_normal(key, params[0]);
  if (bias_ == Bias::learned) params[1].zero_();
}

namespace {

bool lowers(const Tensor& t, Precision precision) {
  return precision == Precision::bfloat16 && t.defined() && t.scalar_type() == at::kFloat;
}

}  // namespace

bool multiplies_bfloat16(const at::Device& device) { return !device.is_cpu() || kernels::has_bfloat16(); }

Tensor lowered(const Tensor& operand, Precision precision) {
  if (!lowers(operand, precision)) return operand;
  const Tensor rounded = operand.to(at::kBFloat16);
  return multiplies_bfloat16(operand.device()) ? rounded : rounded.to(at::kFloat);
}

Dual lowered(const Dual& operand, Precision precision) {
  return {lowered(operand.value, precision), lowered(operand.tangent, precision)};
}

Tensor raised(const Tensor& result, at::ScalarType type, Precision precision) {
  return lowers(result, precision) ? result.to(at::kBFloat16).to(type) : result.to(type);
}

namespace {

constexpr int64_t kWorthLowering = 1 << 20;  // multiplications; below it the rounding costs more than it saves

Precision precision_of(const Tape& tape, const Tensor& x, const Tensor& weight) {
  return x.size(0) * weight.numel() < kWorthLowering ? Precision::full : tape.precision;
}

}  // namespace

Dual Linear::forward(std::span<const Dual> params, const Dual& input, Tape& tape) const {
  const Precision precision = precision_of(tape, input.value, params[0].value);
  const Dual x = lowered(input, precision), weight = lowered(params[0], precision);
  tape.saved = {x};
  const auto multiply = [precision, type = input.value.scalar_type()](const Tensor& a, const Tensor& w) {
    return raised(at::mm(a, w.t()), type, precision);
  };
  Dual y{product(tape, &Products::output, [&] { return multiply(x.value, weight.value); }), {}};
  if (weight.carries()) y.tangent = multiply(x.value, weight.tangent);
  if (x.carries()) y.tangent = sum_of(y.tangent, multiply(x.tangent, weight.value));
  return bias_ == Bias::learned ? y + params[1] : y;
}

Dual Linear::backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const {
  const Dual& x = tape.saved[0];
  const Precision precision = precision_of(tape, x.value, params[0].value);
  const Dual g = lowered(grad_y, precision), weight = lowered(params[0], precision);
  const auto type = grad_y.value.scalar_type();
  if (bias_ == Bias::learned) grads[1] = sum_over(grad_y, {0}, false);
  const auto at_weight = [type, precision](const Tensor& out, const Tensor& in) {
    return raised(at::mm(out.t(), in), type, precision);
  };
  grads[0].value = product(tape, &Products::grad_weight, [&] { return at_weight(g.value, x.value); });
  if (g.carries()) grads[0].tangent = at_weight(g.tangent, x.value);
  if (x.carries()) grads[0].tangent = sum_of(grads[0].tangent, at_weight(g.value, x.tangent));
  if (tape.need_grad_x == Need::nothing) return {};
  const auto at_input = [type, precision](const Tensor& out, const Tensor& w) {
    return raised(at::mm(out, w), type, precision);
  };
  Dual grad_x;
  if (tape.need_grad_x == Need::all)
    grad_x.value = product(tape, &Products::grad_x, [&] { return at_input(g.value, weight.value); });
  if (g.carries()) grad_x.tangent = at_input(g.tangent, weight.value);
  if (weight.carries()) grad_x.tangent = sum_of(grad_x.tangent, at_input(g.value, weight.tangent));
  return grad_x;
}

namespace {

// The rows of a weight as a matrix [out, rest], and a vector [out] shaped to multiply them.
Dual rows_dot(const Dual& a, const Dual& b) {
  return bilinear_map(a, b, [](const Tensor& s, const Tensor& t) { return (s * t).flatten(1).sum(1); });
}
Dual across(const Dual& vector, const Dual& weight) {
  Shape shape(static_cast<size_t>(weight.value.dim()), 1);
  shape[0] = -1;
  return view_as(vector, shape);
}

// a s - b t, each term added where it goes: the weights are the largest tensors of a layer.
Dual difference_of_products(const Dual& a, const Dual& s, const Dual& b, const Dual& t) {
  Dual y{at::addcmul(a.value * s.value, b.value, t.value, -1), {}};
  const auto add = [&y](const Tensor& p, const Tensor& q, double sign) {
    if (!p.defined() || !q.defined()) return;
    y.tangent = y.carries() ? at::addcmul(y.tangent, p, q, sign) : p * q * sign;
  };
  add(a.tangent, s.value, 1);
  add(a.value, s.tangent, 1);
  add(b.tangent, t.value, -1);
  add(b.value, t.tangent, -1);
  return y;
}

}  // namespace

std::string WeightNorm::text() const {
  std::string inner = layer_->text();
  return inner.insert(inner.size() - 1, ", wn");
}

std::vector<ParamSpec> WeightNorm::params() const {
  std::vector<ParamSpec> specs = layer_->params();
  specs[0].name = "direction";
  specs.insert(specs.begin(), {"gain", {specs[0].shape[0]}});
  return specs;
}

void WeightNorm::initialise(const Key& key, std::span<Tensor> params) const {
  layer_->initialise(key, params.subspan(1));
  params[0].copy_(params[1].flatten(1).norm(2, 1));
}

Tensors WeightNorm::effective(const Tensors& params) const {
  const Dual gain{params[0], {}}, direction{params[1], {}};
  Tensors inner(params.begin() + 1, params.end());
  inner[0] = (direction * across(gain * rsqrt(rows_dot(direction, direction), 1e-24), direction)).value;
  return inner;
}

Dual WeightNorm::forward(std::span<const Dual> params, const Dual& x, Tape& tape) const {
  const Dual &gain = params[0], &direction = params[1];
  const Dual inverse_norm = rsqrt(rows_dot(direction, direction), 1e-24), scale = gain * inverse_norm;
  Duals inner(params.begin() + 1, params.end());
  inner[0] = direction * across(scale, direction);
  Dual y = layer_->forward(inner, x, tape);
  tape.saved.insert(tape.saved.end(), {inverse_norm, scale, inner[0]});
  return y;
}

Dual WeightNorm::backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const {
  const Dual& direction = params[1];
  Duals inner(params.begin() + 1, params.end());
  inner[0] = tape.saved.back();
  const Dual scale = tape.saved[tape.saved.size() - 2], inverse_norm = tape.saved[tape.saved.size() - 3];
  Duals inner_grads(inner.size());
  Dual grad_x = layer_->backward(inner, grad_y, tape, inner_grads);
  // With s = g / |v|: dL/dg = <dL/dw, v> / |v|, dL/dv = s dL/dw - (s dL/dg / |v|) v.
  grads[0] = rows_dot(inner_grads[0], direction) * inverse_norm;
  const Dual pull = scale * grads[0] * inverse_norm;
  grads[1] = difference_of_products(inner_grads[0], across(scale, direction), direction, across(pull, direction));
  for (size_t i = 1; i < inner.size(); ++i) grads[i + 1] = inner_grads[i];
  return grad_x;
}

}  // namespace gtn
