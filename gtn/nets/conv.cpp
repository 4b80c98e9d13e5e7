#include "gtn/core/error.h"
#include "gtn/nets/conv_products.h"

namespace gtn {
namespace {

std::string pair_text(const std::array<int64_t, 2>& pair) {
  return pair[0] == pair[1] ? std::to_string(pair[0]) : std::to_string(pair[0]) + "x" + std::to_string(pair[1]);
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

namespace {

// Few channels gain nothing from bfloat16: their passes wait for memory.
Precision precision_of(const ConvOptions& o, const Tape& tape, const Tensor& y) {
  const bool few = o.in / o.groups * o.kernel[0] * o.kernel[1] <= kernels::kFewTaps;
  return few || y.scalar_type() != at::kFloat ? Precision::full : tape.precision;
}

// The terms of a tangent that exist: (a', b) and (a, b').
template <class Term>
std::vector<Term> tangent_terms(const Dual& a, const Dual& b) {
  std::vector<Term> terms;
  if (b.carries()) terms.push_back({a.value, b.tangent});
  if (a.carries()) terms.push_back({a.tangent, b.value});
  return terms;
}

}  // namespace

Dual Conv::forward(std::span<const Dual> params, const Dual& input, Tape& tape) const {
  const Precision precision = precision_of(o_, tape, input.value);
  const Dual x = lowered(input, precision), weight = lowered(params[0], precision);
  const Dual bias = o_.bias == Bias::learned ? params[1] : Dual();
  tape.saved = {x};
  const auto apply = [&](const std::vector<ConvTerm>& terms, const Tensor& b) {
    if (precision == Precision::full) return conv_forward(o_, terms, b);
    const Tensor y = raised(conv_forward(o_, terms, {}), input.value.scalar_type(), precision);
    return b.defined() ? y + b.view({1, -1, 1, 1}) : y;
  };
  Dual y{product(tape, &Products::output, [&] { return apply({{x.value, weight.value}}, bias.value); }), {}};
  if (const auto terms = tangent_terms<ConvTerm>(x, weight); !terms.empty())
    y.tangent = apply(terms, bias.tangent);
  else if (bias.carries())
    y.tangent = bias.tangent.view({1, -1, 1, 1}).expand_as(y.value);
  return y;
}

Dual Conv::backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const {
  const Precision precision = precision_of(o_, tape, grad_y.value);
  const Dual &x = tape.saved[0], g = lowered(grad_y, precision), weight = lowered(params[0], precision);
  const auto type = grad_y.value.scalar_type();
  if (o_.bias == Bias::learned) grads[1] = sum_over(grad_y, {0, 2, 3}, false);
  const auto at_weight = [&](const std::vector<ConvPair>& pairs) {
    return raised(conv_backward_weight(o_, weight.value, pairs), type, precision);
  };
  grads[0].value = product(tape, &Products::grad_weight, [&] { return at_weight({{x.value, g.value}}); });
  if (const auto pairs = tangent_terms<ConvPair>(x, g); !pairs.empty()) grads[0].tangent = at_weight(pairs);
  if (tape.need_grad_x == Need::nothing) return {};
  const auto at_image = [&](const std::vector<ConvTerm>& terms) {
    return raised(conv_backward_data(o_, x.value, terms), type, precision);
  };
  Dual grad_x;
  if (tape.need_grad_x == Need::all)
    grad_x.value = product(tape, &Products::grad_x, [&] { return at_image({{g.value, weight.value}}); });
  if (const auto terms = tangent_terms<ConvTerm>(g, weight); !terms.empty()) grad_x.tangent = at_image(terms);
  return grad_x;
}

}  // namespace gtn
