// The units that a learner sees: pixel values in [0, 1], less their mean, over their standard deviation, channel by
// channel.
#pragma once

#include "gtn/core/tensor.h"

namespace gtn {

// A value that travels with everything derived from a data set: whoever trains on our images needs it to judge real
// ones.
struct Normalization {
  Tensor mean;  // [C] float32, of pixel values in [0, 1]
  Tensor std;   // [C] float32, population standard deviation; 1 for a channel that is constant

  // uint8 images [N, C, H, W] -> float32 of the same shape, channels-last in memory, on the same device.
  Tensor apply(const Tensor& images) const;

  // Normalised images [..., C, H, W] -> pixel values, float32, clamped to [0, 1].
  Tensor invert(const Tensor& normalized) const;

  Normalization to(at::Device device) const { return {mean.to(device), std.to(device)}; }
};

// The statistics of uint8 images [N, C, H, W] on the CPU, from exact integer sums. Throws std::invalid_argument for
// others.
Normalization measure_normalization(const Tensor& images);

}  // namespace gtn
