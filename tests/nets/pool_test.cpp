// Pools against their definition, window by window, and layer by layer as well as through the fused kernels.
#include "gtn/nets/pool.h"

#include <gtest/gtest.h>

#include "gtn/nets/chain.h"
#include "gtn/nets/spec.h"
#include "tests/core/expect_error.h"
#include "tests/nets/contract.h"

namespace gtn {
namespace {

constexpr PoolKind kKinds[] = {PoolKind::max, PoolKind::average};

// Windows of `kernel` that begin `before` above and to the left of every `stride`-th position, cut to the image.
Tensor windows(const Tensor& x, PoolKind kind, int64_t kernel, int64_t stride, int64_t before) {
  const int64_t height = (x.size(2) - 1) / stride + 1, width = (x.size(3) - 1) / stride + 1;
  Tensor y = at::empty({x.size(0), x.size(1), height, width}, x.options());
  for (int64_t i = 0; i < height; ++i) {
    for (int64_t j = 0; j < width; ++j) {
      const auto cut = [&](int64_t at, int64_t size) { return std::clamp<int64_t>(at, 0, size); };
      const int64_t top = i * stride - before, left = j * stride - before;
      const Tensor window = x.slice(2, cut(top, x.size(2)), cut(top + kernel, x.size(2)))
                                .slice(3, cut(left, x.size(3)), cut(left + kernel, x.size(3)));
      y.select(2, i).select(2, j).copy_(kind == PoolKind::max ? window.amax({2, 3}) : window.mean(Shape{2, 3}));
    }
  }
  return y;
}

TEST(Pool, same_padding_equals_its_windows) {
  const NoGrad no_grad;
  for (const PoolKind kind : kKinds) {
    for (const int64_t kernel : {1, 2, 3, 4, 5}) {
      for (const int64_t stride : {1, 2, 3}) {
        for (const Shape& shape : {Shape{2, 3, 5, 6}, Shape{2, 3, 8, 7}}) {
          const auto pool = std::make_shared<Pool>(Pool::same(kind, kernel, stride));
          SCOPED_TRACE(pool->text() + " on " + to_string(shape));
          const Tensor x = Key(3).normal(shape);
          const Tensor expected = windows(x, kind, kernel, stride, (kernel - 1) / 2);
          const Shape output = pool->output_shape({shape[1], shape[2], shape[3]});
          EXPECT_EQ(output, (Shape{3, expected.size(2), expected.size(3)}));
          Tape alone, fused;
          EXPECT_TRUE(at::allclose(pool->forward({}, {x, {}}, alone).value, expected, 1e-5, 1e-6));
          const Chain chain({pool}, {shape[1], shape[2], shape[3]});
          EXPECT_TRUE(at::allclose(chain.forward({}, {x, {}}, fused).value, expected, 1e-5, 1e-6)) << "fused";
        }
      }
    }
  }
}

TEST(Pool, same_padding_of_even_windows_holds_to_the_contract) {
  for (const int64_t stride : {1, 2, 3}) {
    const ContractCase contract{.input = {2, 7, 6}};
    expect_layer_contract(std::make_shared<Pool>(Pool::same(PoolKind::average, 2, stride)),
                          {.input = contract.input, .smooth = true});
    expect_layer_contract(std::make_shared<Pool>(Pool::same(PoolKind::average, 4, stride)),
                          {.input = contract.input, .smooth = true});
    expect_layer_contract(std::make_shared<Pool>(Pool::same(PoolKind::max, 2, stride)), contract);
    expect_layer_contract(std::make_shared<Pool>(Pool::same(PoolKind::max, 4, stride)), contract);
  }
}

TEST(Pool, same_padding_has_a_text) {
  const auto text = [](const std::string& layer) {
    return make_net(layer + " flatten linear(classes)", {1, 7, 8}, 2)->nodes()[0].layer->text();
  };
  EXPECT_EQ(text("maxpool(2, s=1, p=same)"), "maxpool(2, s=1, p=same)");
  EXPECT_EQ(text("avgpool(2, p=same)"), "avgpool(2, p=same)");
  EXPECT_EQ(text("avgpool(3, s=2, p=same)"), "avgpool(3, s=2, p=1)");
  expect_error([&] { text("avgpool(3, p=sane)"); }, ErrorKind::usage, {"whole number", "for p, not 'sane'"});
}

}  // namespace
}  // namespace gtn
