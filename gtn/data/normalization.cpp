#include "gtn/data/normalization.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "gtn/core/error.h"

namespace gtn {
namespace {

constexpr double kWhite = 255.0;        // the pixel value that means 1
constexpr int64_t kImagesAtOnce = 500;  // images whose covariance is computed at once

Tensor per_channel(const Tensor& values, const Tensor& images) { return values.to(images.device()).view({-1, 1, 1}); }

}  // namespace

Tensor Normalization::apply(const Tensor& images) const {
  const NoGrad no_grad;
  Tensor out = at::empty(images.sizes(), images.options().dtype(at::kFloat).memory_format(kChannelsLast));
  out.copy_(images);
  out.sub_(per_channel(mean, images) * kWhite).div_(per_channel(std, images) * kWhite);
  return whitening.defined() ? out.copy_(whitening.apply(out)) : out;
}

Tensor Normalization::invert(const Tensor& normalized) const {
  const Tensor standard = whitening.defined() ? whitening.invert(normalized) : normalized.to(at::kFloat);
  return (standard * per_channel(std, normalized) + per_channel(mean, normalized)).clamp(0, 1);
}

Tensor Normalization::pull_back(const Tensor& gradient) const {
  const Tensor standard = whitening.defined() ? whitening.pull_back(gradient) : gradient.to(at::kFloat);
  return standard / per_channel(std, gradient);
}

Normalization measure_normalization(const Tensor& images) {
  if (images.dim() != 4 || images.scalar_type() != at::kByte || !images.is_cpu() || images.numel() == 0)
    throw std::invalid_argument("measure_normalization: needs uint8 images [N, C, H, W] on the CPU");
  const Tensor pixels = images.contiguous();
  const int64_t channels = pixels.size(1), plane = pixels.size(2) * pixels.size(3);
  std::vector<uint64_t> sum(channels), square_sum(channels);
  const uint8_t* pixel = pixels.data_ptr<uint8_t>();
  for (int64_t n = 0; n < pixels.size(0); ++n) {
    for (int64_t c = 0; c < channels; ++c) {
      uint64_t plane_sum = 0, plane_squares = 0;
      for (int64_t i = 0; i < plane; ++i, ++pixel) {
        plane_sum += *pixel;
        plane_squares += uint64_t{*pixel} * *pixel;
      }
      sum[c] += plane_sum;
      square_sum[c] += plane_squares;
    }
  }
  Normalization result{at::empty({channels}, at::kFloat), at::empty({channels}, at::kFloat)};
  const auto count = static_cast<double>(pixels.size(0) * plane);
  for (int64_t c = 0; c < channels; ++c) {
    const double mean = static_cast<double>(sum[c]) / count;
    const double variance = static_cast<double>(square_sum[c]) / count - mean * mean;
    result.mean.data_ptr<float>()[c] = static_cast<float>(mean / kWhite);
    // The difference above is rounded: a constant channel may come out as a hair above zero.
    result.std.data_ptr<float>()[c] =
        variance > 1e-9 * (1 + mean * mean) ? static_cast<float>(std::sqrt(variance) / kWhite) : 1.0f;
  }
  return result;
}

Normalization measure_zca(const Tensor& images, double regularisation) {
  Normalization result = measure_normalization(images);
  const int64_t count = images.size(0), values = images[0].numel();
  if (values > kWhiteningLimit)
    throw usage_error("preprocessing", "zca serves images of at most " + std::to_string(kWhiteningLimit) +
                                           " values, but these have " + std::to_string(values) +
                                           "; choose \"standard\"");
  const NoGrad no_grad;
  const auto chunk = [&](int64_t first) {  // [up to kImagesAtOnce, D], standardised
    return result.apply(images.narrow(0, first, std::min(kImagesAtOnce, count - first))).reshape({-1, values});
  };
  Tensor mean = at::zeros({values}, at::kDouble), covariance = at::zeros({values, values}, at::kDouble);
  for (int64_t first = 0; first < count; first += kImagesAtOnce)
    mean += chunk(first).sum(0, /*keepdim=*/false, at::kDouble);
  mean /= count;
  const Tensor middle = mean.to(at::kFloat);
  for (int64_t first = 0; first < count; first += kImagesAtOnce) {
    const Tensor centred = chunk(first) - middle;
    covariance += centred.t().matmul(centred);
  }
  result.whitening = zca_of(mean, covariance / count, regularisation);
  return result;
}

}  // namespace gtn
