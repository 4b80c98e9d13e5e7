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

Normalization measure_floats(const Tensor& images) {
  const Tensor columns = images.transpose(0, 1).flatten(1);
  Tensors means, deviations;
  for (int64_t c = 0; c < columns.size(0); ++c) {  // one by one: float64 of a large set takes much memory
    const Tensor values = columns[c].to(at::kDouble);
    means.push_back(values.mean());
    const Tensor deviation = values.std(/*unbiased=*/false);
    const bool constant = scalar(deviation) <= 1e-7 * std::abs(scalar(means.back()));  // but for rounding
    deviations.push_back(constant ? at::full({}, kWhite, at::kDouble) : deviation);
  }
  return {at::stack(means).div(kWhite).to(at::kFloat), at::stack(deviations).div(kWhite).to(at::kFloat)};
}

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
  const Tensor values = standard * per_channel(std, normalized) + per_channel(mean, normalized);
  return is_table(shape_of(normalized)) ? values : values.clamp(0, 1);
}

Tensor Normalization::display(const Tensor& normalized) const {
  if (!is_table(shape_of(normalized))) return invert(normalized);
  constexpr double kWidth = 6;  // deviations from black to white
  Shape grid = shape_of(normalized);
  const int64_t values = grid[grid.size() - 3];
  const auto side = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(values))));
  const int64_t rows = (values + side - 1) / side;
  const Tensor grey = normalized.to(at::kFloat).div(kWidth).add(0.5).clamp(0, 1).flatten(-3);
  grid.resize(grid.size() - 3);
  grid.insert(grid.end(), {1, rows, side});
  return at::constant_pad_nd(grey, {0, rows * side - values}, 0.5).reshape(grid);
}

Tensor Normalization::pull_back(const Tensor& gradient) const {
  const Tensor standard = whitening.defined() ? whitening.pull_back(gradient) : gradient.to(at::kFloat);
  return standard / per_channel(std, gradient);
}

bool is_table(const Shape& images) { return images.size() >= 3 && images.end()[-1] == 1 && images.end()[-2] == 1; }

Normalization measure_normalization(const Tensor& images) {
  const bool bytes = images.scalar_type() == at::kByte;
  if (images.dim() != 4 || !(bytes || images.scalar_type() == at::kFloat) || !images.is_cpu() || images.numel() == 0)
    throw std::invalid_argument("measure_normalization: needs uint8 or float32 images [N, C, H, W] on the CPU");
  if (!bytes) return measure_floats(images);
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
