#include "gtn/teacher/generator.h"

#include <cmath>

#include "gtn/core/error.h"

namespace gtn {
namespace {

constexpr double kSlope = 0.1;

Tensor normalised(const Tensor& x, const Tensor& gain, const Tensor& bias) {
  return at::batch_norm(x, gain, bias, {}, {}, /*training=*/true, 0, 1e-5, false);
}

// The border of x repeated once around it.
Tensor with_border(const Tensor& x) {
  const auto extended = [](const Tensor& t, int64_t dim) {
    return at::cat({t.narrow(dim, 0, 1), t, t.narrow(dim, t.size(dim) - 1, 1)}, dim);
  };
  return extended(extended(x, 2), 3).contiguous(kChannelsLast);
}

// The kernels of the four phases below, [2, 2, O, I, size, size]. taps[a][i][k]: tap k of the large kernel falls on tap
// i of the small one in phase a.
Tensor phase_kernels(const Tensor& weight, at::ArrayRef<double> taps, int64_t size) {
  const Tensor t = at::tensor(taps, weight.options()).view({2, size, 3});
  return at::einsum("aik,bjl,ockl->abocij", {t, t, weight});
}

// conv3x3(reflection_pad(nearest_x2(x))), computed at the small size: output pixel (2i + a, 2j + b) sees two rows and
// two columns of x, i + a - 1 and i + a, so each of the four phases (a, b) is a 2x2 convolution there, and the border
// repeats. Exact, with 4/9 of the products. Few features are one 3x3 convolution of all phases instead, which fills the
// vectors better. weight [O, I, 3, 3], x [B, I, h, w] -> [B, O, 2h, 2w].
Tensor enlarge_and_convolve(const Tensor& x, const Tensor& weight) {
  constexpr int64_t kFew = 16;
  const int64_t batch = x.size(0), features = weight.size(0), height = x.size(2), width = x.size(3);
  const Tensor padded = with_border(x);
  if (features < kFew) {
    const Tensor kernels = phase_kernels(weight, {1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1}, 3);
    const Tensor together = kernels.permute({2, 0, 1, 3, 4, 5}).flatten(0, 2).contiguous(kChannelsLast);
    return at::pixel_shuffle(at::conv2d(padded, together), 2);
  }
  const Tensor kernels = phase_kernels(weight, {1, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1}, 2);
  Tensors rows;
  for (int64_t a = 0; a < 2; ++a) {
    Tensors columns;  // [B, h, w, O]
    for (int64_t b = 0; b < 2; ++b) {
      const Tensor seen = padded.narrow(2, a, height + 1).narrow(3, b, width + 1).contiguous(kChannelsLast);
      columns.push_back(at::conv2d(seen, kernels[a][b].contiguous(kChannelsLast)).permute({0, 2, 3, 1}));
    }
    rows.push_back(at::stack(columns, 3));
  }
  return at::stack(rows, 2).view({batch, 2 * height, 2 * width, features}).permute({0, 3, 1, 2});
}

}  // namespace

Generator::Generator(const GeneratorConfig& config, Shape image, int64_t classes)
    : config_(config), image_(std::move(image)), classes_(classes) {
  if (image_.size() != 3 || image_[1] < 4 || image_[2] < 4)
    throw usage_error("generator", "needs images [C, H, W] of at least 4 x 4 pixels, not " + to_string(image_));
}

std::vector<NamedTensor> Generator::initial(const Key& key) const {
  const int64_t area = ((image_[1] + 3) / 4) * ((image_[2] + 3) / 4), spread = config_.wide * area;
  std::vector<NamedTensor> params;
  const auto add_weight = [&](const std::string& name, Shape shape) {
    const double fan_in = static_cast<double>(shape[1]) * (shape.size() == 4 ? 9.0 : 1.0);
    params.push_back({name, key.split(name).normal(shape) * std::sqrt(2.0 / fan_in)});
  };
  const auto add_norm = [&](const std::string& name, int64_t width) {
    params.push_back({name + ".gain", at::ones({width})});
    params.push_back({name + ".bias", at::zeros({width})});
  };
  add_weight("generator.linear1", {config_.hidden, config_.noise + classes_});
  add_norm("generator.norm1", config_.hidden);
  add_weight("generator.linear2", {spread, config_.hidden});
  add_norm("generator.norm2", spread);
  add_weight("generator.conv1", {config_.narrow, config_.wide, 3, 3});
  add_norm("generator.norm3", config_.narrow);
  add_weight("generator.conv2", {image_[0], config_.narrow, 3, 3});
  params.push_back({"generator.bias", at::zeros({image_[0]})});
  return params;
}

int64_t Generator::parameter_count() const {
  const int64_t spread = config_.wide * ((image_[1] + 3) / 4) * ((image_[2] + 3) / 4);
  const int64_t linear = config_.hidden * (config_.noise + classes_ + 2) + spread * (config_.hidden + 2);
  return linear + config_.narrow * (9 * config_.wide + 2) + image_[0] * (9 * config_.narrow + 1);
}

int64_t Generator::graph_bytes(int64_t batch) const {
  const int64_t height = (image_[1] + 3) / 4, width = (image_[2] + 3) / 4;
  const int64_t spread = config_.wide * (height + 2) * (width + 2);             // with the border that is padded on
  const int64_t halfway = config_.narrow * (2 * height + 2) * (2 * width + 2);  // the same at half the image's size
  const int64_t image = image_[0] * 16 * height * width;
  // Kept: each norm's input and output and the activation's output, the padded inputs of both convolutions, tanh and
  // the image. On the way back three tensors of the largest kind at once.
  const int64_t kept = 3 * config_.hidden + 4 * spread + 4 * halfway + 2 * image;
  return static_cast<int64_t>(sizeof(float)) * batch * (kept + 3 * std::max(spread, halfway));
}

Tensor Generator::forward(std::span<const Tensor> p, const Tensor& z, const Tensor& labels) const {
  Tensor x = at::cat({z, labels}, 1);
  x = at::leaky_relu(normalised(at::linear(x, p[0]), p[1], p[2]), kSlope);
  x = at::leaky_relu(normalised(at::linear(x, p[3]), p[4], p[5]), kSlope);
  x = x.view({x.size(0), (image_[1] + 3) / 4, (image_[2] + 3) / 4, config_.wide}).permute({0, 3, 1, 2});
  x = enlarge_and_convolve(x, p[6]);
  x = at::leaky_relu(normalised(x, p[7], p[8]), kSlope);
  x = enlarge_and_convolve(x, p[9]) + p[10].view({1, -1, 1, 1});
  x = x.narrow(2, 0, image_[1]).narrow(3, 0, image_[2]);
  return (2 * at::tanh(x)).contiguous(kChannelsLast);
}

}  // namespace gtn
