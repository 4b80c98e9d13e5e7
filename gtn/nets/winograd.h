// The 3x3 convolution of stride one by minimal filtering (kernels/winograd_kernels.h): less than half of the products
// for layers whose channels fill the vectors, value and tangent summed before they are transformed back.
#pragma once

#include "gtn/nets/conv_products.h"

namespace gtn {

// Whether these passes serve a convolution of x [B, C, H, W]: float32 on the CPU, no autograd graph being recorded.
bool winograd_serves(const ConvOptions& options, const Tensor& x);

// As in conv_products.h.
Tensor winograd_forward(const ConvOptions& options, std::span<const ConvTerm> terms, const Tensor& bias);
Tensor winograd_backward_data(const ConvOptions& options, const Shape& image, std::span<const ConvTerm> terms);
Tensor winograd_backward_weight(const ConvOptions& options, std::span<const ConvPair> pairs);

}  // namespace gtn
