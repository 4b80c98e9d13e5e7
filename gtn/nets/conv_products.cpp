#include "gtn/nets/conv_products.h"

#include "gtn/nets/few_conv.h"
#include "gtn/nets/winograd.h"

namespace gtn {
namespace {

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

// The library's two adjoints of the bilinear map convolve(x, weight).
std::array<Tensor, 2> library_backward(const ConvOptions& o, const Tensor& grad_y, const Tensor& x,
                                       const Tensor& weight, std::array<bool, 2> need) {
  auto [gx, gw, gb] = at::convolution_backward(grad_y, x, weight, at::OptionalIntArrayRef(), o.stride, o.padding,
                                               o.dilation, false, {0, 0}, o.groups, {need[0], need[1], false});
  return {gx, gw};
}
Tensor library_backward_data(const ConvOptions& o, const Tensor& grad_y, const Tensor& x, const Tensor& weight) {
  if (!is_thinned(o)) return library_backward(o, grad_y, x, weight, {true, false})[0];
  Tensor grad_x = at::zeros_like(x);
  const Tensor thin = thinned(o, grad_x);
  thin.copy_(library_backward(without_stride(o), grad_y, thin.contiguous(kChannelsLast), weight, {true, false})[0]);
  return grad_x;
}
Tensor library_backward_weight(const ConvOptions& o, const Tensor& grad_y, const Tensor& x, const Tensor& weight) {
  if (!is_thinned(o)) return library_backward(o, grad_y, x, weight, {false, true})[1];
  return library_backward(without_stride(o), grad_y, thinned(o, x).contiguous(kChannelsLast), weight, {false, true})[1];
}

}  // namespace

Tensor conv_forward(const ConvOptions& o, std::span<const ConvTerm> terms, const Tensor& bias) {
  if (winograd_serves(o, terms[0].image)) return winograd_forward(o, terms, bias);
  if (few_serves_features(o, terms[0].image)) return few_forward(o, terms, bias);
  Tensor y = convolve(o, terms[0].image, terms[0].weight, bias);
  for (const ConvTerm& term : terms.subspan(1)) y = y + convolve(o, term.image, term.weight);
  return y;
}

Tensor conv_backward_data(const ConvOptions& o, const Tensor& x, std::span<const ConvTerm> terms) {
  if (winograd_serves(o, x)) return winograd_backward_data(o, shape_of(x), terms);
  if (few_serves(o, x)) return few_backward_data(o, x, terms);
  Tensor grad_x;
  for (const ConvTerm& term : terms) grad_x = sum_of(grad_x, library_backward_data(o, term.image, x, term.weight));
  return grad_x;
}

Tensor conv_backward_weight(const ConvOptions& o, const Tensor& weight, std::span<const ConvPair> pairs) {
  if (winograd_serves(o, pairs[0].image)) return winograd_backward_weight(o, pairs);
  Tensor grad;
  for (const auto& [image, grad_y] : pairs)
    grad = sum_of(grad, few_serves_features(o, image) ? few_backward_weight(o, grad_y, image)
                                                      : library_backward_weight(o, grad_y, image, weight));
  return grad;
}

}  // namespace gtn
