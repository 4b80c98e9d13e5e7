// The convolution of few input channels (kernels/few_kernels.h): the library's passes use a fraction of each vector
// there.
#pragma once

#include "gtn/nets/conv_products.h"

namespace gtn {

// Whether the backward pass at the image serves a convolution of x [B, C, H, W]: float32 on the CPU, no autograd graph
// being recorded.
bool few_serves(const ConvOptions& options, const Tensor& x);
// Whether the other two do: their vectors run along the features, 16 of them.
bool few_serves_features(const ConvOptions& options, const Tensor& x);

// As in conv_products.h; the last is one gradient, not a sum.
Tensor few_forward(const ConvOptions& options, std::span<const ConvTerm> terms, const Tensor& bias);
Tensor few_backward_data(const ConvOptions& options, const Tensor& x, std::span<const ConvTerm> terms);
Tensor few_backward_weight(const ConvOptions& options, const Tensor& grad_y, const Tensor& image);

}  // namespace gtn
