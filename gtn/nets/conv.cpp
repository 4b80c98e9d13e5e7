#include "gtn/core/error.h"
#include "gtn/nets/linear.h"

namespace gtn {
namespace {

std::string pair_text(const std::array<int64_t, 2>& pair) {
  return pair[0] == pair[1] ? std::to_string(pair[0]) : std::to_string(pair[0]) + "x" + std::to_string(pair[1]);
}

// oneDNN 2.6 writes past its buffers in strided 1x1 convolutions of few channels (AVX2, found by this library's
// own tests), so those read an image that is thinned out beforehand.
bool is_thinned(const ConvOptions& o) {
  constexpr std::array<int64_t, 2> kOnes{1, 1}, kZeros{0, 0};
  return o.kernel == kOnes && o.padding == kZeros && o.stride != kOnes;
}
Tensor thinned(const ConvOptions& o, const Tensor& x) {
  return x.slice(2, 0, c10::nullopt, o.stride[0]).slice(3, 0, c10::nullopt, o.stride[1]);
}

ConvOptions without_stride(ConvOptions o) {
  o.stride = {1, 1};
  return o;
}

Tensor convolve(const ConvOptions& o, const Tensor& x, const Tensor& weight, const Tensor& bias = {}) {
  if (is_thinned(o)) return convolve(without_stride(o), thinned(o, x).contiguous(kChannelsLast), weight, bias);
  return at::convolution(x, weight, bias, o.stride, o.padding, o.dilation, false, {0, 0}, o.groups);
}

// Whether the library's backward passes are worth replacing: with few channels they use a fraction of each vector.
bool is_few(const ConvOptions& o, const Tensor& x) {
  return kernels::table() && o.groups == 1 && o.in * o.kernel[0] * o.kernel[1] <= kernels::kFewTaps &&
         x.device().is_cpu() && x.scalar_type() == at::kFloat && !at::GradMode::is_enabled();
}

kernels::FewConv few(const ConvOptions& o, const Tensor& x, const Tensor& grad_y) {
  const auto plane = [](const std::array<int64_t, 2>& pair) { return kernels::Plane{pair[0], pair[1]}; };
  return {x.size(0),
          o.in,
          o.out,
          {x.size(2), x.size(3)},
          {grad_y.size(2), grad_y.size(3)},
          plane(o.kernel),
          plane(o.stride),
          plane(o.padding),
          plane(o.dilation)};
}

// The sum of what each grad_y sends back through its weight.
struct Term {
  const Tensor& grad_y;
  const Tensor& weight;
};
Tensor few_backward_data(const ConvOptions& o, const Tensor& x, std::initializer_list<Term> terms) {
  Tensor grad_x = at::empty_like(x, x.options().memory_format(kChannelsLast));
  const kernels::FewConv conv = few(o, x, terms.begin()->grad_y);
  Tensors kept;
  std::vector<const float*> grad_y, weight;
  const auto pointer = [&](const Tensor& t) {
    return kept.emplace_back(t.contiguous(kChannelsLast)).data_ptr<float>();
  };
  for (const Term& term : terms) {
    grad_y.push_back(pointer(term.grad_y));
    weight.push_back(pointer(term.weight));
  }
  at::parallel_for(0, conv.images, 4, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch(static_cast<size_t>(kernels::few_scratch_floats(conv)));
    kernels::table()->few_backward_data(conv, grad_y.data(), weight.data(), static_cast<int>(terms.size()),
                                        grad_x.data_ptr<float>(), begin, end, scratch.data());
  });
  return grad_x;
}

// The images in a fixed number of parts, so that the sum does not depend on the threads.
Tensor few_backward_weight(const ConvOptions& o, const Tensor& grad_y, const Tensor& image) {
  constexpr int64_t kParts = 16;
  const Tensor g = grad_y.contiguous(kChannelsLast), x = image.contiguous(kChannelsLast);
  const kernels::FewConv conv = few(o, x, g);
  const Tensor parts = at::empty({kParts, o.kernel[0], o.kernel[1], o.in, o.out},
                                 x.options().memory_format(at::MemoryFormat::Contiguous));
  const int64_t size = conv.taps() * conv.features;
  at::parallel_for(0, kParts, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch(static_cast<size_t>(kernels::few_scratch_floats(conv)));
    for (int64_t part = begin; part < end; ++part)
      kernels::table()->few_backward_weight(conv, g.data_ptr<float>(), x.data_ptr<float>(),
                                            parts.data_ptr<float>() + part * size, conv.images * part / kParts,
                                            conv.images * (part + 1) / kParts, scratch.data());
  });
  return parts.sum(0).permute({3, 2, 0, 1});
}

// The library's two adjoints of the bilinear map convolve(x, weight).
std::array<Tensor, 2> library_backward(const ConvOptions& o, const Tensor& grad_y, const Tensor& x,
                                       const Tensor& weight, std::array<bool, 2> need) {
  auto [gx, gw, gb] = at::convolution_backward(grad_y, x, weight, at::OptionalIntArrayRef(), o.stride, o.padding,
                                               o.dilation, false, {0, 0}, o.groups, {need[0], need[1], false});
  return {gx, gw};
}
Tensor gradient_at_image(const ConvOptions& o, const Tensor& grad_y, const Tensor& x, const Tensor& weight) {
  if (!is_thinned(o)) return library_backward(o, grad_y, x, weight, {true, false})[0];
  Tensor grad_x = at::zeros_like(x);
  const Tensor thin = thinned(o, grad_x);
  thin.copy_(library_backward(without_stride(o), grad_y, thin.contiguous(kChannelsLast), weight, {true, false})[0]);
  return grad_x;
}
Tensor gradient_at_weight(const ConvOptions& o, const Tensor& grad_y, const Tensor& x, const Tensor& weight) {
  if (!is_thinned(o)) return library_backward(o, grad_y, x, weight, {false, true})[1];
  return library_backward(without_stride(o), grad_y, thinned(o, x).contiguous(kChannelsLast), weight, {false, true})[1];
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
Precision precision_of(const ConvOptions& o, const Tape& tape) {
  return o.in / o.groups * o.kernel[0] * o.kernel[1] <= kernels::kFewTaps ? Precision::full : tape.precision;
}

}  // namespace

Dual Conv::forward(std::span<const Dual> params, const Dual& input, Tape& tape) const {
  const Precision precision = precision_of(o_, tape);
  const Dual x = lowered(input, precision), weight = lowered(params[0], precision);
  const Dual bias = o_.bias == Bias::learned ? params[1] : Dual();
  tape.saved = {x};
  const auto apply = [&](const Tensor& a, const Tensor& w, const Tensor& b = {}) {
    if (a.scalar_type() == input.value.scalar_type()) return convolve(o_, a, w, b);
    const Tensor y = raised(convolve(o_, a, w), input.value.scalar_type());
    return b.defined() ? y + b.view({1, -1, 1, 1}) : y;
  };
  Dual y;
  y.value = product(tape, &Products::output, [&] { return apply(x.value, weight.value, bias.value); });
  if (weight.carries())
    y.tangent = apply(x.value, weight.tangent, bias.tangent);
  else if (bias.carries())
    y.tangent = bias.tangent.view({1, -1, 1, 1}).expand_as(y.value);
  if (x.carries()) y.tangent = sum_of(y.tangent, apply(x.tangent, weight.value));
  return y;
}

Dual Conv::backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const {
  const Precision precision = precision_of(o_, tape);
  const Dual &x = tape.saved[0], g = lowered(grad_y, precision), weight = lowered(params[0], precision);
  const auto type = grad_y.value.scalar_type();
  if (o_.bias == Bias::learned) grads[1] = sum_over(grad_y, {0, 2, 3}, false);
  const auto at_weight = [&](const Tensor& out, const Tensor& image) {
    const bool own = is_few(o_, image) && o_.out % 16 == 0;  // fewer features fill the library's vectors as well
    return own ? few_backward_weight(o_, out, image) : raised(gradient_at_weight(o_, out, image, weight.value), type);
  };
  grads[0].value = product(tape, &Products::grad_weight, [&] { return at_weight(g.value, x.value); });
  if (g.carries()) grads[0].tangent = at_weight(g.tangent, x.value);
  if (x.carries()) grads[0].tangent = sum_of(grads[0].tangent, at_weight(g.value, x.tangent));
  if (tape.need_grad_x == Need::nothing) return {};
  const bool few = is_few(o_, x.value);
  const auto at_image = [&](const Tensor& out, const Tensor& w) {
    return few ? few_backward_data(o_, x.value, {{out, w}}) : raised(gradient_at_image(o_, out, x.value, w), type);
  };
  Dual grad_x;
  if (tape.need_grad_x == Need::all)
    grad_x.value = product(tape, &Products::grad_x, [&] { return at_image(g.value, weight.value); });
  if (few && g.carries() && weight.carries()) {
    grad_x.tangent = few_backward_data(o_, x.value, {{g.tangent, weight.value}, {g.value, weight.tangent}});
  } else {
    if (g.carries()) grad_x.tangent = at_image(g.tangent, weight.value);
    if (weight.carries()) grad_x.tangent = sum_of(grad_x.tangent, at_image(g.value, weight.tangent));
  }
  return grad_x;
}

}  // namespace gtn
