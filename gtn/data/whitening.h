// Whitening by zero-phase components (ZCA; Bell & Sejnowski, 1997): neighbouring pixels lose their correlation, and the
// image remains one that a person recognises.
#pragma once

#include "gtn/core/tensor.h"

namespace gtn {

constexpr int64_t kWhiteningLimit = 8192;  // values of an image; its matrix would have 256 MiB
constexpr double kZcaRegularisation = 0.1;

// An affine map of images flattened to D = C * H * W values, channel by channel, row by row; none where `matrix` is
// undefined.
struct Whitening {
  Tensor mean;    // [D] float32
  Tensor matrix;  // [D, D] float32, symmetric

  bool defined() const { return matrix.defined(); }

  // Images [..., C, H, W] -> (image - mean) @ matrix, float32 of the same shape; contiguous, on the images' device.
  Tensor apply(const Tensor& images) const;

  // The other way, by solving with the matrix in float64 on the CPU. What a matrix without an inverse leaves open comes
  // out as zero.
  Tensor invert(const Tensor& whitened) const;

  // dL/d(whitened) [..., C, H, W] -> dL/d(image): gradient @ matrix^T, float32 of the same shape.
  Tensor pull_back(const Tensor& gradient) const;

  Whitening to(at::Device device) const;
};

// The whitening of values with this mean [D] and covariance [D, D], both float64: (covariance + r I)^(-1/2), where r is
// `regularisation` (positive) times the mean variance. The larger it is, the less faint components, which are mostly
// noise, are enlarged. Throws std::invalid_argument for other shapes.
Whitening zca_of(const Tensor& mean, const Tensor& covariance, double regularisation);

}  // namespace gtn
