#include "gtn/data/whitening.h"

#include <gmock/gmock.h>

#include "gtn/data/normalization.h"
#include "tests/data/files.h"

namespace gtn {
namespace {

using testing::HasSubstr;

// Smooth images, whose neighbouring pixels and channels agree; all sizes differ.
Tensor smooth_images(int64_t count) {
  const Tensor noise = Key(6).normal({count, 3, 4, 5});
  const Tensor mixed = noise.cumsum(3).add(noise.cumsum(2)).add(noise.sum(1, true));
  return mixed.mul(12).add(128).clamp(0, 255).to(at::kByte);
}

Tensor covariance_of(const Tensor& images) {
  const Tensor rows = images.reshape({images.size(0), -1}).to(at::kDouble);
  const Tensor centred = rows - rows.mean(0);
  return centred.t().matmul(centred) / rows.size(0);
}

TEST(Whitening, makes_covariances_one_and_nothing_else) {
  const Tensor images = smooth_images(1200);
  const Normalization zca = measure_zca(images, 1e-7);
  const Tensor units = zca.apply(images);
  EXPECT_EQ(units.sizes(), images.sizes());
  EXPECT_TRUE(units.is_contiguous(kChannelsLast));
  EXPECT_TRUE(at::allclose(covariance_of(units), at::eye(60, at::kDouble), 0, 2e-3));
  EXPECT_NEAR(scalar(units.reshape({1200, -1}).mean(0).abs().max()), 0, 1e-3);
}

TEST(Whitening, regularised_it_is_the_inverse_root_of_the_enlarged_covariance) {
  const Tensor images = smooth_images(700);  // more than one chunk
  const Normalization zca = measure_zca(images, 0.2);
  const Tensor covariance = covariance_of(measure_normalization(images).apply(images));
  const Tensor enlarged = covariance + at::eye(60, at::kDouble) * (0.2 * covariance.trace() / 60);
  const Tensor w = zca.whitening.matrix.to(at::kDouble);
  EXPECT_TRUE(at::allclose(w, w.t(), 0, 1e-6));
  EXPECT_TRUE(at::allclose(w.matmul(enlarged).matmul(w), at::eye(60, at::kDouble), 0, 1e-5));
}

TEST(Whitening, invert_brings_back) {
  const Tensor images = smooth_images(300), pixels = images.to(at::kFloat).div(255);
  for (const double regularisation : {1e-4, 0.1}) {
    const Normalization zca = measure_zca(images, regularisation);
    const Tensor units = zca.apply(images);
    EXPECT_TRUE(at::allclose(zca.invert(units), pixels, 0, 1e-4)) << regularisation;
    EXPECT_TRUE(at::allclose(zca.invert(units.view({3, 100, 3, 4, 5})[1]), pixels.narrow(0, 100, 100), 0, 1e-4));
    EXPECT_TRUE(at::allclose(zca.to(at::kCPU).invert(units[7]), pixels[7], 0, 1e-4));
  }
}

TEST(Whitening, images_that_do_not_vary_stay_finite) {
  const Normalization zca = measure_zca(at::full({20, 1, 3, 3}, 77, at::kByte));
  EXPECT_TRUE(at::isfinite(zca.whitening.matrix).all().item<bool>());
  EXPECT_TRUE(
      at::isfinite(zca.apply(smooth_images(5).narrow(1, 0, 1).narrow(2, 0, 3).narrow(3, 0, 3))).all().item<bool>());
}

TEST(Whitening, a_matrix_without_an_inverse_gives_finite_pixels) {
  const Whitening flat{at::zeros({4}), at::zeros({4, 4})};
  EXPECT_TRUE(at::equal(flat.invert(at::ones({2, 1, 2, 2})), at::zeros({2, 1, 2, 2})));
}

TEST(Whitening, what_makes_no_sense_is_refused) {
  EXPECT_THROW(measure_zca(at::zeros({2, 1, 3, 3}, at::kDouble)), std::invalid_argument);
  EXPECT_THROW(measure_zca(smooth_images(5), 0), std::invalid_argument);
  EXPECT_THROW(zca_of(at::zeros({3}), at::eye(4), 0.1), std::invalid_argument);
  EXPECT_THAT(message_of([] {
                measure_zca(at::zeros({1, 1, 91, 91}, at::kByte));
              }),
              HasSubstr("at most 8192 values, but these have 8281; choose \"standard\""));
}

}  // namespace
}  // namespace gtn
