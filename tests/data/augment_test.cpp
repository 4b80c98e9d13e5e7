#include "gtn/data/augment.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <set>

#include "gtn/core/config.h"
#include "tests/data/files.h"

namespace gtn {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const Key kKey(11);
constexpr int64_t kImages = 40, kHeight = 9, kWidth = 12;

Tensor images(int64_t count = kImages) { return Key(3).normal({count, 3, kHeight, kWidth}); }

const std::vector<AugmentConfig>& each_alone() {
  static const std::vector<AugmentConfig> all = {{.crop = 2},         {.flip = true},   {.cutout = 4},
                                                 {.scale = 1.3},      {.rotate = 25},   {.brightness = 0.5},
                                                 {.saturation = 0.9}, {.contrast = 0.5}};
  return all;
}

AugmentConfig everything(AugmentMode mode = AugmentMode::all) { return {mode, 2, true, 4, 1.3, 25, 0.5, 0.9, 0.5}; }

// One column an image, for what is constant within one.
Tensor rows_of(const Tensor& x) { return x.reshape({x.size(0), -1}); }

TEST(Augment, nothing_by_default) {
  const Tensor x = images();
  EXPECT_TRUE(AugmentConfig{}.empty());
  EXPECT_TRUE(augment(x, {}, kKey).is_same(x));
  EXPECT_TRUE(augment(x, {.mode = AugmentMode::siamese}, kKey).is_same(x));
  for (const AugmentConfig& config : each_alone()) {
    EXPECT_FALSE(config.empty());
    EXPECT_FALSE(at::equal(augment(x, config, kKey), x)) << to_toml(config);
  }
}

TEST(Augment, a_function_of_the_key) {
  const Tensor x = images();
  for (const AugmentMode mode : {AugmentMode::all, AugmentMode::one, AugmentMode::siamese}) {
    const Tensor first = augment(x, everything(mode), kKey);
    EXPECT_TRUE(at::equal(first, augment(x, everything(mode), kKey)));
    EXPECT_FALSE(at::equal(first, augment(x, everything(mode), kKey.split(1))));
  }
}

TEST(Augment, its_adjoint_takes_gradients_back) {
  const Tensor x = images(6).to(at::kDouble).contiguous(kChannelsLast), grad = Key(5).normal(x.sizes()).to(at::kDouble);
  std::vector<AugmentConfig> configs = each_alone();
  for (const AugmentMode mode : {AugmentMode::all, AugmentMode::one, AugmentMode::siamese})
    configs.push_back(everything(mode));
  const NoGrad no_grad;  // as it is called
  for (const AugmentConfig& config : configs) {
    const Tensor back = augment_adjoint(grad, config, kKey);
    const Tensor moved = augment(x, config, kKey) - augment(at::zeros_like(x), config, kKey);
    EXPECT_NEAR(scalar((moved * grad).sum()), scalar((x * back).sum()), 1e-9) << to_toml(config);
    EXPECT_FALSE(back.requires_grad());
  }
  EXPECT_TRUE(augment_adjoint(grad, {}, kKey).is_same(grad));
}

TEST(Augment, says_in_words_what_it_does) {
  EXPECT_EQ(description_of({}), "");
  EXPECT_EQ(description_of({.mode = AugmentMode::siamese, .crop = 4, .flip = true}),
            "a random one of (moved by up to 4 pixels each way, zeros behind; left and right swapped with probability "
            "1/2), alike for all images of a batch");
  EXPECT_THAT(description_of(everything()), AllOf(HasSubstr("all of (colour: "), HasSubstr("a square of 4 x 4"),
                                                  HasSubstr("1/1.3 to 1.3"), HasSubstr("for each image anew")));
  EXPECT_TRUE(everything().of_synthetic().empty());
  AugmentConfig too = everything();
  too.synthetic = true;
  EXPECT_FALSE(too.of_synthetic().empty());
}

TEST(Augment, keeps_shape_type_and_memory_format) {
  for (const AugmentConfig& config : {everything(), each_alone()[0], each_alone()[1], each_alone()[3]}) {
    const Tensor plain = images(), last = plain.contiguous(kChannelsLast);
    const Tensor a = augment(plain, config, kKey), b = augment(last, config, kKey);
    EXPECT_EQ(a.sizes(), plain.sizes());
    EXPECT_TRUE(a.is_contiguous());
    EXPECT_TRUE(b.is_contiguous(kChannelsLast));
    EXPECT_TRUE(at::allclose(a, b, 1e-4, 1e-5));
    EXPECT_EQ(augment(plain.to(at::kDouble), config, kKey).scalar_type(), at::kDouble);
  }
}

TEST(Augment, flip_swaps_whole_images_and_about_half_of_them) {
  const Tensor x = images(), y = augment(x, {.flip = true}, kKey), mirrored = x.flip({3});
  int64_t flipped = 0;
  for (int64_t i = 0; i < kImages; ++i) {
    const bool swapped = at::equal(y[i], mirrored[i]);
    EXPECT_TRUE(swapped || at::equal(y[i], x[i])) << i;
    flipped += swapped;
  }
  EXPECT_GT(flipped, kImages / 4);
  EXPECT_LT(flipped, kImages * 3 / 4);
}

TEST(Augment, crop_moves_by_whole_pixels_each_way) {
  constexpr int64_t kPad = 2;
  const Tensor x = images(), y = augment(x, {.crop = kPad}, kKey);
  const Tensor padded = at::constant_pad_nd(x, {kPad, kPad, kPad, kPad});
  std::set<int64_t> rows, columns;
  for (int64_t i = 0; i < kImages; ++i) {
    int64_t found = 0;
    for (int64_t r = 0; r <= 2 * kPad; ++r)
      for (int64_t c = 0; c <= 2 * kPad; ++c)
        if (at::equal(y[i], padded[i].narrow(1, r, kHeight).narrow(2, c, kWidth)))
          ++found, rows.insert(r), columns.insert(c);
    EXPECT_EQ(found, 1) << i;
  }
  EXPECT_EQ(rows.size(), 5u);
  EXPECT_EQ(columns.size(), 5u);
}

TEST(Augment, cutout_leaves_a_square_of_zeros) {
  const Tensor x = images(), y = augment(x, {.cutout = 4}, kKey);
  const Tensor gone = y.eq(0);
  EXPECT_TRUE(at::equal(at::where(gone, x, y), x));
  int64_t whole = 0;
  for (int64_t i = 0; i < kImages; ++i) {
    const Tensor mask = gone[i][0];
    EXPECT_TRUE(at::equal(mask, gone[i][2]));
    const Tensor rows = mask.any(1).nonzero(), columns = mask.any(0).nonzero();
    const int64_t height = rows.size(0), width = columns.size(0);
    EXPECT_EQ(mask.sum().item<int64_t>(), height * width);
    EXPECT_TRUE(height >= 2 && height <= 4 && width >= 2 && width <= 4) << height << " x " << width;
    whole += height == 4 && width == 4;
  }
  EXPECT_GT(whole, 0);
}

// Images of the distance in pixels from the middle, along one axis. Interpolation is exact on them.
Tensor ramp(bool along_width) {
  const Tensor across = at::arange(kWidth, at::kDouble) - (kWidth - 1) / 2.0;
  const Tensor down = at::arange(kHeight, at::kDouble) - (kHeight - 1) / 2.0;
  const Tensor image = along_width ? across.view({1, -1}) : down.view({-1, 1});
  return image.expand({kImages, 1, kHeight, kWidth}).contiguous();
}

TEST(Augment, rotation_turns_without_stretching_although_the_image_is_not_square) {
  const Tensor y = augment(ramp(true), {.rotate = 25}, kKey);
  double smallest = 1, largest = -1;
  for (int64_t i = 0; i < kImages; ++i) {
    const auto pixel = [&](int64_t r, int64_t c) { return scalar(y[i][0][r][c]); };
    const double cosine = pixel(4, 6) - pixel(4, 5), sine = pixel(4, 5) - pixel(5, 5);
    EXPECT_NEAR(cosine * cosine + sine * sine, 1, 1e-9);
    EXPECT_NEAR(pixel(6, 7), 1.5 * cosine - 2 * sine, 1e-9);
    EXPECT_GE(cosine, std::cos(25 * M_PI / 180));
    smallest = std::min(smallest, sine), largest = std::max(largest, sine);
  }
  EXPECT_LT(smallest, -0.2);
  EXPECT_GT(largest, 0.2);
}

TEST(Augment, scaling_has_a_factor_for_each_axis) {
  const Tensor width = augment(ramp(true), {.scale = 1.25}, kKey), height = augment(ramp(false), {.scale = 1.25}, kKey);
  const Tensor across = width.select(2, 4).select(2, 6).view(-1) * 2, down = height.select(2, 5).select(2, 5).view(-1);
  for (const Tensor& factor : {across, down}) {
    EXPECT_GE(scalar(factor.min()), 0.8);
    EXPECT_LE(scalar(factor.max()), 1.25);
    EXPECT_LT(scalar(factor.min()), 0.9);
    EXPECT_GT(scalar(factor.max()), 1.1);
  }
  EXPECT_FALSE(at::allclose(across, down));
}

TEST(Augment, colours_keep_what_they_should) {
  const Tensor x = images();
  const Tensor added = rows_of(augment(x, {.brightness = 0.5}, kKey) - x);
  EXPECT_TRUE(at::allclose(added, added.select(1, 0).unsqueeze(1), 0, 1e-5));
  EXPECT_LE(scalar(added.abs().max()), 0.5 + 1e-5);
  const Tensor contrasted = augment(x, {.contrast = 0.5}, kKey);
  EXPECT_TRUE(at::allclose(rows_of(contrasted).mean(1), rows_of(x).mean(1), 0, 1e-5));
  const Tensor factor = rows_of(contrasted).std(1) / rows_of(x).std(1);
  EXPECT_TRUE(scalar(factor.min()) >= 0.5 && scalar(factor.min()) < 0.7 && scalar(factor.max()) <= 1.5);
  const Tensor saturated = augment(x, {.saturation = 0.9}, kKey);
  EXPECT_TRUE(at::allclose(saturated.mean(1), x.mean(1), 0, 1e-5));
  const Tensor grey = x.mean(1, true).expand(x.sizes()).contiguous();
  EXPECT_TRUE(at::allclose(augment(grey, {.saturation = 0.9}, kKey), grey, 0, 1e-5));
}

TEST(Augment, one_applies_a_single_strategy_and_each_in_its_turn) {
  const Tensor x = images();
  const AugmentConfig config{.mode = AugmentMode::one, .flip = true, .brightness = 0.5};
  int64_t flips = 0;
  for (uint64_t i = 0; i < 40; ++i) {
    const Key key = kKey.split(i);
    const Tensor y = augment(x, config, key);
    const bool flipped = at::equal(y, augment(x, {.flip = true}, key));
    EXPECT_TRUE(flipped || at::equal(y, augment(x, {.brightness = 0.5}, key)));
    flips += flipped;
  }
  EXPECT_GT(flips, 10);
  EXPECT_LT(flips, 30);
}

TEST(Augment, siamese_treats_all_images_and_batches_of_any_size_alike) {
  const Tensor same = images(1).expand({5, 3, kHeight, kWidth}).contiguous();
  for (uint64_t i = 0; i < 20; ++i) {
    const Tensor y = augment(same, everything(AugmentMode::siamese), kKey.split(i));
    EXPECT_TRUE(at::allclose(y, y.narrow(0, 0, 1).expand_as(y), 0, 1e-6));
    const Tensor large = augment(images(), everything(AugmentMode::siamese), kKey.split(i));
    const Tensor small = augment(images().narrow(0, 0, 7), everything(AugmentMode::siamese), kKey.split(i));
    EXPECT_TRUE(at::allclose(large.narrow(0, 0, 7), small, 0, 1e-5));
  }
}

TEST(Augment, gradient_agrees_with_finite_differences) {
  std::vector<AugmentConfig> configs = each_alone();
  for (const AugmentMode mode : {AugmentMode::all, AugmentMode::one, AugmentMode::siamese})
    configs.push_back(everything(mode));
  for (const AugmentConfig& config : configs) {
    const Tensor x = images(4).to(at::kDouble).requires_grad_();
    const Tensor weight = Key(8).normal(x.sizes()).to(at::kDouble), along = Key(9).normal(x.sizes()).to(at::kDouble);
    const auto value = [&](const Tensor& at) { return (augment(at, config, kKey) * weight).sum(); };
    const Tensor gradient = torch::autograd::grad({value(x)}, {x})[0];
    const NoGrad no_grad;
    const double expected = scalar(value(x + along * 1e-3) - value(x - along * 1e-3)) / 2e-3;
    EXPECT_NEAR(scalar((gradient * along).sum()), expected, 1e-8 * (1 + std::abs(expected))) << to_toml(config);
  }
}

TEST(Augment, what_does_not_fit_is_refused) {
  EXPECT_THAT(message_of([] { augment(images(), {.crop = 10, .cutout = 99}, kKey); }),
              AllOf(HasSubstr("augment: 2 faults"), HasSubstr("crop = 10 is more than the 9 pixels"),
                    HasSubstr("cutout = 99"), HasSubstr("choose less")));
  EXPECT_THROW(augment(images()[0], everything(), kKey), std::invalid_argument);
  EXPECT_THROW(augment(at::ones({1, 1, 9, 9}, at::kLong), everything(), kKey), std::invalid_argument);
}

TEST(AugmentedSource, changes_the_images_of_each_step_and_nothing_else) {
  const StoredBatches inner({{images(), at::eye(kImages)}, {images(), at::eye(kImages)}});
  const AugmentedSource source(inner, everything(), kKey);
  EXPECT_EQ(source.steps(), 2);
  EXPECT_TRUE(at::equal(source.batch(0).y, at::eye(kImages)));
  EXPECT_TRUE(at::equal(source.batch(1).x, augment(images(), everything(), kKey.split(1))));
  EXPECT_FALSE(at::equal(source.batch(0).x, source.batch(1).x));
  EXPECT_THROW(source.batch(2), std::out_of_range);
}

RC_GTEST_PROP(AugmentProperty, any_config_gives_finite_images_of_the_same_shape, ()) {
  const auto fraction = [](double scale) { return *rc::gen::inRange(0, 11) / 10.0 * scale; };
  const AugmentConfig config{.mode = *rc::gen::element(AugmentMode::all, AugmentMode::one, AugmentMode::siamese),
                             .crop = *rc::gen::inRange<int64_t>(0, 4),
                             .flip = *rc::gen::arbitrary<bool>(),
                             .cutout = *rc::gen::inRange<int64_t>(0, 4),
                             .scale = 1 + fraction(3),
                             .rotate = fraction(180),
                             .brightness = fraction(2),
                             .saturation = fraction(1),
                             .contrast = fraction(1)};
  const Shape shape{*rc::gen::inRange(1, 4), *rc::gen::inRange(1, 4), *rc::gen::inRange(3, 7), *rc::gen::inRange(3, 7)};
  const Tensor x = Key(*rc::gen::arbitrary<uint64_t>()).normal(shape).contiguous(kChannelsLast);
  const Tensor y = augment(x, config, kKey);
  RC_ASSERT(shape_of(y) == shape);
  RC_ASSERT(y.is_contiguous(kChannelsLast));
  RC_ASSERT(at::isfinite(y).all().item<bool>());
}

}  // namespace
}  // namespace gtn
