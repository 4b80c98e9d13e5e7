// The units that a learner sees: pixel values in [0, 1], less their mean, over their standard deviation, channel by
// channel; and where a person asks for it, whitened then.
#pragma once

#include "gtn/core/tensor.h"
#include "gtn/data/whitening.h"

namespace gtn {

// A value that travels with everything derived from a data set: whoever trains on our images needs it to judge real
// ones.
struct Normalization {
  Tensor mean;  // [C] float32, of pixel values in [0, 1]
  Tensor std;   // [C] float32, population standard deviation; 1 for a channel that is constant

  Whitening whitening{};  // of standardised images; usually none

  // Images [N, C, H, W], uint8 or float in the same units (255: the value 1) -> float32 of the same shape,
  // channels-last in memory, on the same device.
  Tensor apply(const Tensor& images) const;

  // Normalised images [..., C, H, W] -> pixel values, float32, clamped to [0, 1]; of tables the values themselves.
  Tensor invert(const Tensor& normalized) const;

  // What a person is shown of normalised images, in [0, 1]: the same; of tables [..., F, 1, 1] a grey grid [..., 1, h,
  // w] of about as many rows as columns, the mean of each value mid-grey, three deviations from it black or white.
  Tensor display(const Tensor& normalized) const;

  // The transpose of apply's derivative: dL/d(normalised image) [N, C, H, W] -> dL/d(pixel values in [0, 1]), float32.
  Tensor pull_back(const Tensor& gradient) const;

  Normalization to(at::Device device) const { return {mean.to(device), std.to(device), whitening.to(device)}; }
};

// Whether images [..., C, H, W] are rows of a table: of one pixel, whose channels are its values. They know no bounds.
bool is_table(const Shape& images);

// The statistics of images [N, C, H, W] on the CPU: of uint8 from exact integer sums, of float32 (in the same units,
// 255 for white) in float64. Throws std::invalid_argument for others.
Normalization measure_normalization(const Tensor& images);

// The same statistics, and the ZCA of the standardised images: covariances in float32 over some hundred images at a
// time, summed in float64. For 45,000 images of 3 x 32 x 32 about a minute on two cores (several where they are
// shared), most of it the eigenvectors, and 38 MB. Throws a usage error for images of more than kWhiteningLimit values,
// and what measure_normalization and zca_of throw.
Normalization measure_zca(const Tensor& images, double regularisation = kZcaRegularisation);

}  // namespace gtn
