// A few small images side by side.
#pragma once

#include <string>

#include "gtn/core/tensor.h"

namespace gtn {

// By how much images [..., H, W] are reduced so that neither side is longer than some 64 pixels: 1 for those that are
// not.
int64_t strip_reduction(const Shape& images);

// images [n, C, H, W] between black 0 and white 1, C = 1 or 3, reduced by averaging squares of `reduction` pixels and
// put side by side, a white column between any two: the bytes of a PNG file. Throws what encode_png throws.
std::string encode_strip(const Tensor& images, int64_t reduction);

}  // namespace gtn
