#include "gtn/core/error.h"
#include "gtn/nets/linear.h"

namespace gtn {
namespace {

std::string pair_text(const std::array<int64_t, 2>& pair) {
  return pair[0] == pair[1] ? std::to_string(pair[0]) : std::to_string(pair[0]) + "x" + std::to_string(pair[1]);
}

Tensor convolve(const ConvOptions& o, const Tensor& x, const Tensor& weight) {
  return at::convolution(x, weight, {}, o.stride, o.padding, o.dilation, false, {0, 0}, o.groups);
}

struct ConvGradient {
  Tensor x, weight;
};

// The two adjoints of the bilinear map convolve(x, weight), each where it is asked for.
ConvGradient adjoint(const ConvOptions& o, const Tensor& grad_y, const Tensor& x, const Tensor& weight, bool need_x,
                     bool need_weight) {
  auto [gx, gw, gb] = at::convolution_backward(grad_y, x, weight, at::OptionalIntArrayRef(), o.stride, o.padding,
                                               o.dilation, false, {0, 0}, o.groups, {need_x, need_weight, false});
  return {gx, gw};
}

}  // namespace

Conv::Conv(ConvOptions options) : o_(options) {
  if (o_.groups < 1 || o_.in % o_.groups != 0 || o_.out % o_.groups != 0)
    throw usage_error(text(), std::to_string(o_.groups) + " groups do not divide " + std::to_string(o_.in) +
                                  " input and " + std::to_string(o_.out) + " output channels");
}

std::string Conv::text() const {
  std::string s = "conv(" + std::to_string(o_.out) + ", k=" + pair_text(o_.kernel);
  if (o_.stride != std::array<int64_t, 2>{1, 1}) s += ", s=" + pair_text(o_.stride);
  const bool same =
      o_.padding == std::array<int64_t, 2>{o_.dilation[0] * (o_.kernel[0] / 2), o_.dilation[1] * (o_.kernel[1] / 2)};
  if (!same) s += ", p=" + pair_text(o_.padding);
  if (o_.dilation != std::array<int64_t, 2>{1, 1}) s += ", d=" + pair_text(o_.dilation);
  if (o_.groups != 1) s += ", g=" + std::to_string(o_.groups);
  return s + (o_.bias == Bias::none ? ", nobias)" : ")");
}

Shape Conv::output_shape(const Shape& input) const {
  if (input.size() != 3 || input[0] != o_.in)
    throw usage_error(text(), "needs an input of [" + std::to_string(o_.in) + ", H, W], not " + to_string(input));
  Shape output{o_.out, 0, 0};
  for (size_t i = 0; i < 2; ++i) {
    output[i + 1] = (input[i + 1] + 2 * o_.padding[i] - o_.dilation[i] * (o_.kernel[i] - 1) - 1) / o_.stride[i] + 1;
    if (input[i + 1] + 2 * o_.padding[i] < o_.dilation[i] * (o_.kernel[i] - 1) + 1)
      throw usage_error(text(), "its kernel is larger than the padded input " + to_string(input));
  }
  return output;
}

int64_t Conv::multiply_adds(const Shape& input) const {
  const Shape output = output_shape(input);
  return output[0] * output[1] * output[2] * (o_.in / o_.groups) * o_.kernel[0] * o_.kernel[1];
}

std::vector<ParamSpec> Conv::params() const {
  std::vector<ParamSpec> specs{{"weight", {o_.out, o_.in / o_.groups, o_.kernel[0], o_.kernel[1]}}};
  if (o_.bias == Bias::learned) specs.push_back({"bias", {o_.out}});
  return specs;
}

void Conv::initialise(const Key& key, std::span<Tensor> params) const {
  kaiming_normal(key, params[0]);
  if (o_.bias == Bias::learned) params[1].zero_();
}

Dual Conv::forward(std::span<const Dual> params, const Dual& x, Tape& tape) const {
  tape.saved = {x};
  Dual y = bilinear_map(x, params[0], [&](const Tensor& a, const Tensor& w) { return convolve(o_, a, w); });
  return o_.bias == Bias::learned ? y + view_as(params[1], {1, -1, 1, 1}) : y;
}

Dual Conv::backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const {
  const Dual &x = tape.saved[0], &weight = params[0];
  if (o_.bias == Bias::learned) grads[1] = sum_over(grad_y, {0, 2, 3}, false);
  const ConvGradient plain = adjoint(o_, grad_y.value, x.value, weight.value, tape.need_grad_x == Need::all, true);
  Dual grad_x{plain.x, {}};
  grads[0] = {plain.weight, {}};
  const auto add = [&](const ConvGradient& part) {
    grad_x.tangent = sum_of(grad_x.tangent, part.x);
    grads[0].tangent = sum_of(grads[0].tangent, part.weight);
  };
  if (grad_y.carries())
    add(adjoint(o_, grad_y.tangent, x.value, weight.value, tape.need_grad_x != Need::nothing, true));
  const bool through_weight = tape.need_grad_x != Need::nothing && weight.carries();
  if (x.carries() || through_weight)
    add(adjoint(o_, grad_y.value, x.carries() ? x.tangent : x.value, weight.carries() ? weight.tangent : weight.value,
                through_weight, x.carries()));
  return grad_x;
}

}  // namespace gtn
