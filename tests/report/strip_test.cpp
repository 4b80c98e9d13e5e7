#include "gtn/report/strip.h"

#include <gmock/gmock.h>

#include "gtn/report/png.h"

namespace gtn {
namespace {

TEST(Strip, images_stand_side_by_side_a_white_column_apart) {
  const Tensor images = at::tensor({0.0f, 0.2f, 0.4f, 0.6f, 1.0f, 0.8f}).view({3, 1, 2, 1});
  const Tensor grey = at::tensor({0, 255, 102, 255, 255, 51, 255, 153, 255, 204}, at::kByte).view({2, 5});
  EXPECT_EQ(encode_strip(images, 1), encode_png(grey));
  const Tensor red = at::tensor({1.0f, 0.0f, 0.0f}).view({1, 3, 1, 1});
  EXPECT_EQ(encode_strip(red, 1), encode_png(at::tensor({255, 0, 0}, at::kByte).view({1, 1, 3})));
}

TEST(Strip, large_images_are_reduced_by_averaging) {
  EXPECT_EQ(strip_reduction({5, 1, 28, 64}), 1);
  EXPECT_EQ(strip_reduction({1, 200, 65}), 4);
  const Tensor image = at::tensor({0.0f, 1.0f, 1.0f, 0.0f}).view({1, 1, 2, 2});
  EXPECT_EQ(encode_strip(image, 2), encode_png(at::full({1, 1}, 128, at::kByte)));
  // One that is flatter than a square of so many pixels keeps a row.
  EXPECT_EQ(encode_strip(at::ones({1, 1, 1, 200}), 4), encode_png(at::full({1, 50}, 255, at::kByte)));
}

}  // namespace
}  // namespace gtn
