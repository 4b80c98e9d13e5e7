// Random changes of images that leave their class as it is, for real batches and, since gradients go through them, for
// synthetic ones (Zhao & Bilen, 2021: differentiable siamese augmentation, DSA).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "gtn/core/config_fields.h"
#include "gtn/core/random.h"
#include "gtn/data/batch.h"

namespace gtn {

// How the strategies that a config switches on are applied. There are six: colour (brightness, saturation and contrast
// together), crop, scale, rotate, flip, cutout.
enum class AugmentMode {
  all,      // every one, each image with parameters of its own: what is usual for real data
  one,      // one a batch, drawn evenly; each image with parameters of its own
  siamese,  // one a batch, with the same parameters for all images: the same for any two batches under one key (DSA)
};

constexpr auto names_of(AugmentMode) {
  return std::to_array<std::pair<AugmentMode, std::string_view>>(
      {{AugmentMode::all, "all"}, {AugmentMode::one, "one"}, {AugmentMode::siamese, "siamese"}});
}

// By default nothing is changed. The published DSA of 32 x 32 images is {siamese, crop 4, flip, cutout 16, scale 1.2,
// rotate 15, brightness 0.5, saturation 1, contrast 0.5}.
struct AugmentConfig {
  AugmentMode mode = AugmentMode::all;
  int64_t crop = 0;
  bool flip = false;
  int64_t cutout = 0;
  double scale = 1;
  double rotate = 0;
  double brightness = 0;
  double saturation = 0;
  double contrast = 0;
  bool synthetic = false;  // whether synthetic batches are changed as well, where there are any

  // Whether no strategy is switched on.
  bool empty() const {
    return crop == 0 && !flip && cutout == 0 && scale == 1 && rotate == 0 && brightness == 0 && saturation == 0 &&
           contrast == 0;
  }
  // What is done to synthetic batches: this, or nothing.
  AugmentConfig of_synthetic() const { return synthetic ? *this : AugmentConfig{}; }

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("mode", self.mode,
          "all: every strategy that is on; one: one of them a batch; siamese: that, alike for all images");
    field("crop", self.crop, "moved by up to so many pixels each way, zeros behind (0: off)", at_least(0));
    field("flip", self.flip, "left and right swapped, one image in two");
    field("cutout", self.cutout, "side of a square of zeros around a random pixel (0: off)", at_least(0));
    field("scale", self.scale, "height and width each times a factor from 1/scale to scale (1: off)", at_least(1));
    field("rotate", self.rotate, "turned by up to so many degrees each way (0: off)", between(0, 180));
    field("brightness", self.brightness, "added or taken at most, in normalised units (0: off)", at_least(0));
    field("saturation", self.saturation, "distance from grey times 1 - it to 1 + it (0: off)", between(0, 1));
    field("contrast", self.contrast, "distance from the image's mean times 1 - it to 1 + it (0: off)", between(0, 1));
    field("synthetic", self.synthetic, "the synthetic batches, too: while the teacher is learned, and evaluated");
  }
};

// Throws a usage error where crop or cutout are more than the smaller side of images [.., H, W] = `height`, `width`.
void check_fits(const AugmentConfig& config, int64_t height, int64_t width);

// Images x [B, C, H, W], float32 or float64 in normalised units, changed as `config` says: same shape, type, device and
// memory format. A pure function of its arguments and differentiable in x; the parameters are drawn on the CPU, alike
// for every device. `x` itself where the config is empty. Throws what check_fits throws,
// and std::invalid_argument for other tensors.
Tensor augment(const Tensor& x, const AugmentConfig& config, const Key& key);

// Its adjoint. With its parameters drawn, augment() is affine in x: this takes the gradient of a loss at its result
// [B, C, H, W] to the gradient at x. `grad` itself where the config is empty. Throws what augment() throws.
Tensor augment_adjoint(const Tensor& grad, const AugmentConfig& config, const Key& key);

// What augment() does, in words for whoever has no such function; empty where it does nothing.
std::string description_of(const AugmentConfig& config);

// Another source's batches, augmented: labels as they are, each step with randomness of its own.
class AugmentedSource final : public BatchSource {
 public:
  // `inner` must outlive it.
  AugmentedSource(const BatchSource& inner, const AugmentConfig& config, const Key& key)
      : inner_(inner), config_(config), key_(key) {}

  // Throws what the inner source and augment() throw.
  Batch batch(int64_t step) const override {
    const Batch batch = inner_.batch(step);
    return {augment(batch.x, config_, key_.split(static_cast<uint64_t>(step))), batch.y};
  }
  int64_t steps() const override { return inner_.steps(); }

 private:
  const BatchSource& inner_;
  AugmentConfig config_;
  Key key_;
};

}  // namespace gtn
