#include "gtn/data/whitening.h"

#include <stdexcept>

namespace gtn {

Tensor Whitening::apply(const Tensor& images) const {
  const Tensor rows = images.to(at::kFloat).reshape({-1, mean.size(0)});
  return (rows - mean.to(images.device())).matmul(matrix.to(images.device())).view(images.sizes());
}

Tensor Whitening::invert(const Tensor& whitened) const {
  const NoGrad no_grad;
  const Tensor columns = whitened.reshape({-1, mean.size(0)}).to(at::kCPU, at::kDouble).t();
  const Tensor square = matrix.to(at::kCPU, at::kDouble);
  const Tensor solved = std::get<0>(at::linalg_solve_ex(square.t(), columns)).t();
  const Tensor values = at::where(at::isfinite(solved), solved, at::zeros_like(solved)) + mean.to(at::kCPU);
  return values.to(whitened.device(), at::kFloat).reshape(whitened.sizes());
}

Tensor Whitening::pull_back(const Tensor& gradient) const {
  const Tensor rows = gradient.to(at::kFloat).reshape({-1, mean.size(0)});
  return rows.matmul(matrix.to(gradient.device()).t()).view(gradient.sizes());
}

Whitening Whitening::to(at::Device device) const {
  return defined() ? Whitening{mean.to(device), matrix.to(device)} : *this;
}

Whitening zca_of(const Tensor& mean, const Tensor& covariance, double regularisation) {
  if (mean.dim() != 1 || covariance.dim() != 2 || covariance.size(0) != mean.size(0) ||
      covariance.size(1) != mean.size(0) || !(regularisation > 0))
    throw std::invalid_argument("zca_of: needs a mean [D], a covariance [D, D] and a positive regularisation");
  const NoGrad no_grad;
  // In float64 also because LibTorch 1.13 asks for too little workspace in float32 from some 2,900 values on.
  const auto [variance, axes] = at::linalg_eigh(covariance.to(at::kDouble));
  // Rounding leaves variances of zero a hair below it; where all are zero, the floor keeps the matrix finite.
  const Tensor shrunk = variance.clamp_min(0) + (regularisation * variance.clamp_min(0).mean()).clamp_min(1e-12);
  const Tensor matrix = (axes * shrunk.rsqrt()).matmul(axes.t());
  return {mean.to(at::kFloat), matrix.to(at::kFloat).contiguous()};
}

}  // namespace gtn
