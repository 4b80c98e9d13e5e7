#include "gtn/teacher/image_encoder.h"

#include <cmath>

namespace gtn {
namespace {

constexpr int64_t kFirst = 16, kSecond = 32;  // channels
constexpr double kLeak = 0.1;

// Of an image's side after a convolution of stride 2 that pads half of its kernel.
int64_t halved(int64_t size) { return (size + 1) / 2; }

}  // namespace

int64_t ImageEncoder::features() const { return kSecond * halved(halved(image_[1])) * halved(halved(image_[2])); }

int64_t ImageEncoder::parameter_count() const {
  return kFirst * (25 * image_[0] + 1) + kSecond * (9 * kFirst + 1) + outputs_ * (features() + 1);
}

std::vector<NamedTensor> ImageEncoder::initial(const Key& key) const {
  std::vector<NamedTensor> params;
  const auto add = [&](const std::string& name, const Shape& shape, int64_t fan_in) {
    params.push_back({name + ".weight", key.split(name).normal(shape) * std::sqrt(2.0 / static_cast<double>(fan_in))});
    params.push_back({name + ".bias", at::zeros({shape[0]})});
  };
  add(name_ + ".conv1", {kFirst, image_[0], 5, 5}, 25 * image_[0]);
  add(name_ + ".conv2", {kSecond, kFirst, 3, 3}, 9 * kFirst);
  add(name_ + ".linear", {outputs_, features()}, features());
  return params;
}

Tensor ImageEncoder::forward(std::span<const Tensor> p, const Tensor& input) const {
  Tensor x = at::leaky_relu(at::conv2d(input, p[0], p[1], 2, 2), kLeak);
  x = at::leaky_relu(at::conv2d(x, p[2], p[3], 2, 1), kLeak);
  return at::linear(x.flatten(1), p[4], p[5]);
}

}  // namespace gtn
