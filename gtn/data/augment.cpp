#include "gtn/data/augment.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "gtn/core/error.h"

namespace gtn {
namespace {

constexpr double kPi = 3.14159265358979323846;

// The random parameters of one batch: one value an image, or one for all.
class Draw {
 public:
  Draw(const Tensor& x, const AugmentConfig& config, const Key& key)
      : options_(x.options()), batch_(x.size(0)), shared_(config.mode == AugmentMode::siamese), key_(key) {}

  // [B] in [low, high), of x's type and device.
  Tensor uniform(const char* name, double low, double high) const {
    return key_.split(name).uniform({shared_ ? 1 : batch_}, low, high).to(options_).expand({batch_});
  }
  // [B] int64 in [low, high], on x's device.
  Tensor integers(const char* name, int64_t low, int64_t high) const {
    const Tensor drawn = key_.split(name).integers(shared_ ? 1 : batch_, high - low + 1).add_(low);
    return drawn.to(options_.device()).expand({batch_});
  }

 private:
  at::TensorOptions options_;
  int64_t batch_;
  bool shared_;
  Key key_;
};

Tensor per_image(const Tensor& values) { return values.view({-1, 1, 1, 1}); }

// 0 .. size - 1 on x's device.
Tensor places(const Tensor& x, int64_t size) {
  return at::arange(size, at::TensorOptions().dtype(at::kLong).device(x.device()));
}

// The distance from `middle` times a factor of its own for each image.
Tensor stretch(const Tensor& x, const Tensor& middle, const Tensor& factor) {
  return (x - middle) * per_image(factor) + middle;
}

Tensor colour(Tensor x, const AugmentConfig& config, const Draw& draw) {
  if (config.brightness > 0) x = x + per_image(draw.uniform("brightness", -config.brightness, config.brightness));
  if (config.saturation > 0)
    x = stretch(x, x.mean(1, /*keepdim=*/true),
                draw.uniform("saturation", 1 - config.saturation, 1 + config.saturation));
  if (config.contrast > 0)
    x = stretch(x, x.mean({1, 2, 3}, /*keepdim=*/true),
                draw.uniform("contrast", 1 - config.contrast, 1 + config.contrast));
  return x;
}

// Moves each image by whole pixels: pads it with zeros and reads a window of the old size.
Tensor crop(const Tensor& x, const AugmentConfig& config, const Draw& draw) {
  const int64_t pad = config.crop;
  const Tensor image = places(x, x.size(0)).view({-1, 1, 1});
  const Tensor row = draw.integers("crop rows", 0, 2 * pad).view({-1, 1, 1}) + places(x, x.size(2)).view({1, -1, 1});
  const Tensor column = draw.integers("crop columns", 0, 2 * pad).view({-1, 1, 1}) + places(x, x.size(3));
  const Tensor padded = at::constant_pad_nd(x, {pad, pad, pad, pad}).permute({0, 2, 3, 1});
  return padded.index({image, row, column}).permute({0, 3, 1, 2});
}

// Scales and turns each image around its middle, in one bilinear interpolation; zeros come in from outside.
Tensor transform(const Tensor& x, const AugmentConfig& config, const Draw& draw) {
  const double log_scale = std::log(config.scale), radians = config.rotate * kPi / 180;
  const Tensor angle = draw.uniform("rotate", -radians, radians);
  const Tensor across = draw.uniform("scale width", -log_scale, log_scale).neg().exp();
  const Tensor down = draw.uniform("scale height", -log_scale, log_scale).neg().exp();
  // From where in the old image a pixel of the new one is read, in units of half a side: hence the aspect.
  const double aspect = static_cast<double>(x.size(2)) / static_cast<double>(x.size(3));
  const Tensor cosine = angle.cos(), sine = angle.sin(), zero = at::zeros_like(angle);
  const Tensor theta = at::stack({cosine * across, sine * across * -aspect, zero,  //
                                  sine * down / aspect, cosine * down, zero},
                                 1)
                           .view({-1, 2, 3});
  constexpr int64_t kBilinear = 0, kZeros = 0;
  return at::grid_sampler(x, at::affine_grid_generator(theta, x.sizes(), false), kBilinear, kZeros, false);
}

Tensor flip(const Tensor& x, const Draw& draw) {
  return at::where(per_image(draw.uniform("flip", 0, 1)).lt(0.5), x.flip({3}), x);
}

// Which of `size` places lie within a window of `side` around a random one: [B, size].
Tensor window(const Tensor& x, int64_t size, int64_t side, const char* name, const Draw& draw) {
  const Tensor distance = places(x, size) - (draw.integers(name, 0, size - 1) - side / 2).unsqueeze(1);
  return distance.ge(0).logical_and(distance.lt(side));
}

Tensor cutout(const Tensor& x, const AugmentConfig& config, const Draw& draw) {
  const Tensor rows = window(x, x.size(2), config.cutout, "cutout rows", draw).view({-1, 1, x.size(2), 1});
  const Tensor columns = window(x, x.size(3), config.cutout, "cutout columns", draw).view({-1, 1, 1, x.size(3)});
  return x.masked_fill(rows.logical_and(columns), 0);
}

std::string word_of(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

// Of the strategies that are on, a random one alone.
AugmentConfig only_one(const AugmentConfig& config, const Key& key) {
  std::vector<AugmentConfig> choices;
  const auto offer = [&](bool on, const AugmentConfig& alone) {
    if (!on) return;
    choices.push_back(alone);
    choices.back().mode = config.mode;
  };
  offer(config.brightness > 0 || config.saturation > 0 || config.contrast > 0,
        {.brightness = config.brightness, .saturation = config.saturation, .contrast = config.contrast});
  offer(config.crop > 0, {.crop = config.crop});
  offer(config.scale > 1, {.scale = config.scale});
  offer(config.rotate > 0, {.rotate = config.rotate});
  offer(config.flip, {.flip = true});
  offer(config.cutout > 0, {.cutout = config.cutout});
  return choices.at(static_cast<size_t>(key.index(static_cast<int64_t>(choices.size()))));
}

}  // namespace

void check_fits(const AugmentConfig& config, int64_t height, int64_t width) {
  Faults faults("augment");
  const int64_t side = std::min(height, width);
  const auto check_side = [&](const char* name, int64_t pixels) {
    if (pixels > side)
      faults.add(std::string(name) + " = " + std::to_string(pixels) + " is more than the " + std::to_string(side) +
                 " pixels of an image's side; choose less");
  };
  check_side("crop", config.crop);
  check_side("cutout", config.cutout);
  faults.throw_if_any(ErrorKind::usage);
}

Tensor augment(const Tensor& x, const AugmentConfig& config, const Key& key) {
  if (x.dim() != 4 || x.numel() == 0 || !x.is_floating_point())
    throw std::invalid_argument("augment: needs images [B, C, H, W] of floating type, not " + to_string(shape_of(x)));
  check_fits(config, x.size(2), x.size(3));
  if (config.empty()) return x;
  const AugmentConfig chosen = config.mode == AugmentMode::all ? config : only_one(config, key.split("strategy"));
  const Draw draw(x, chosen, key);
  const at::MemoryFormat format = x.is_contiguous(kChannelsLast) ? kChannelsLast : at::MemoryFormat::Contiguous;
  Tensor out = colour(x, chosen, draw);
  if (chosen.crop > 0) out = crop(out, chosen, draw);
  if (chosen.scale > 1 || chosen.rotate > 0) out = transform(out, chosen, draw);
  if (chosen.flip) out = flip(out, draw);
  if (chosen.cutout > 0) out = cutout(out, chosen, draw);
  return out.contiguous(format);
}

Tensor augment_adjoint(const Tensor& grad, const AugmentConfig& config, const Key& key) {
  if (config.empty()) return grad;
  WithGrad with_grad;
  const Tensor x = at::zeros_like(grad).requires_grad_();  // an affine function has one derivative everywhere
  return torch::autograd::grad({augment(x, config, key)}, {x}, {grad})[0];
}

std::string description_of(const AugmentConfig& config) {
  if (config.empty()) return {};
  const std::string side = std::to_string(config.cutout);
  const std::array<std::pair<bool, std::string>, 6> strategies{{
      {config.brightness > 0 || config.saturation > 0 || config.contrast > 0,
       "colour: + uniform(-" + word_of(config.brightness) + ", " + word_of(config.brightness) +
           "), distance from grey times 1 +- up to " + word_of(config.saturation) +
           ", distance from the image's mean times 1 +- up to " + word_of(config.contrast)},
      {config.crop > 0, "moved by up to " + std::to_string(config.crop) + " pixels each way, zeros behind"},
      {config.scale > 1, "height and width each scaled by 1/" + word_of(config.scale) + " to " + word_of(config.scale)},
      {config.rotate > 0, "turned by up to " + word_of(config.rotate) + " degrees each way"},
      {config.flip, "left and right swapped with probability 1/2"},
      {config.cutout > 0, "a square of " + side + " x " + side + " pixels around a random one set to 0"},
  }};
  std::string text = config.mode == AugmentMode::all ? "all of" : "a random one of";
  for (const auto& [on, what] : strategies)
    if (on) text.append(text.ends_with(" of") ? " (" : "; ").append(what);
  return text + (config.mode == AugmentMode::siamese ? "), alike for all images of a batch" : "), for each image anew");
}

}  // namespace gtn
