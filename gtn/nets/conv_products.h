// The three products of a convolution: its output, and its gradients at the image and at the weight. Each is a sum of
// at most two terms, as the tangent of a bilinear map is, and takes the fastest path that serves the operands: minimal
// filtering (winograd.h), own kernels for few channels (few_conv.h), or the library.
#pragma once

#include <span>

#include "gtn/nets/linear.h"

namespace gtn {

// An image [B, C, H, W], or a gradient at the output [B, O, H', W'], and a weight [O, C / groups, kh, kw].
struct ConvTerm {
  Tensor image, weight;
};
// An image and a gradient at the output.
struct ConvPair {
  Tensor image, grad_y;
};

// bias + the sum of the convolutions; the bias [O] may be undefined.
Tensor conv_forward(const ConvOptions& options, std::span<const ConvTerm> terms, const Tensor& bias);
// The sum of what gradients at the output (in the place of images) send back to an image like `x`.
Tensor conv_backward_data(const ConvOptions& options, const Tensor& x, std::span<const ConvTerm> terms);
// The sum of the gradients at a weight like `weight`.
Tensor conv_backward_weight(const ConvOptions& options, const Tensor& weight, std::span<const ConvPair> pairs);

}  // namespace gtn
