#include "gtn/teacher/generator.h"

#include <gtest/gtest.h>

#include "gtn/core/error.h"

namespace gtn {
namespace {

// The generator as the paper words it, layer by layer.
Tensor by_the_words(const std::vector<NamedTensor>& p, const Tensor& z, const Tensor& y, int64_t wide) {
  const auto norm = [](const Tensor& x, const Tensor& gain, const Tensor& bias) {
    return at::batch_norm(x, gain, bias, {}, {}, true, 0, 1e-5, false);
  };
  const auto up = [](const Tensor& x) {
    return at::reflection_pad2d(
        at::upsample_nearest2d(x, at::OptionalIntArrayRef(at::IntArrayRef({x.size(2) * 2, x.size(3) * 2})),
                               c10::nullopt),
        {1, 1, 1, 1});
  };
  Tensor x = at::leaky_relu(norm(at::linear(at::cat({z, y}, 1), p[0].tensor), p[1].tensor, p[2].tensor), 0.1);
  x = at::leaky_relu(norm(at::linear(x, p[3].tensor), p[4].tensor, p[5].tensor), 0.1);
  x = x.view({z.size(0), 2, 3, wide}).permute({0, 3, 1, 2});
  x = at::leaky_relu(norm(at::conv2d(up(x), p[6].tensor), p[7].tensor, p[8].tensor), 0.1);
  return 2 * at::tanh(at::conv2d(up(x), p[9].tensor, p[10].tensor));
}

TEST(Generator, is_the_network_of_the_paper_though_computed_at_the_small_size) {
  const Generator generator({.noise = 5, .hidden = 7, .wide = 4, .narrow = 3}, {2, 8, 12}, 3);
  std::vector<NamedTensor> params = generator.initial(Key(1));
  for (NamedTensor& p : params)
    p.tensor = (p.tensor + 0.2 * Key(2).split(p.name).normal(p.tensor.sizes())).to(at::kDouble);
  const Tensor z = Key(3).normal({6, 5}).to(at::kDouble), y = at::one_hot(at::arange(6) % 3, 3).to(at::kDouble);
  Tensors tensors;
  for (const NamedTensor& p : params) tensors.push_back(p.tensor);
  const Tensor x = generator.forward(tensors, z, y);
  EXPECT_EQ(x.sizes(), (Shape{6, 2, 8, 12}));
  EXPECT_TRUE(at::allclose(x, by_the_words(params, z, y, 4), 1e-10, 1e-12));
}

TEST(Generator, crops_sizes_that_are_no_multiple_of_four_and_refuses_tiny_ones) {
  const Generator generator({.noise = 4, .hidden = 4, .wide = 2, .narrow = 2}, {1, 9, 6}, 2);
  Tensors tensors;
  for (const NamedTensor& p : generator.initial(Key(1))) tensors.push_back(p.tensor);
  EXPECT_EQ(generator.forward(tensors, Key(1).normal({3, 4}), at::eye(3, 2)).sizes(), (Shape{3, 1, 9, 6}));
  EXPECT_THROW(Generator({}, {1, 3, 28}, 2), Error);
}

}  // namespace
}  // namespace gtn
