// bfloat16 products: near the full ones, and only where they are meant to be.
#include <gtest/gtest.h>

#include "gtn/nets/spec.h"
#include "tests/nets/contract.h"

namespace gtn {
namespace {

class Bfloat16 : public testing::Test {
 protected:
  void SetUp() override {
    const kernels::Table* table = kernels::table();
    if (kernels::has_bfloat16() && (!table || std::string(table->name) != "avx512"))
      GTEST_SKIP() << "the processor that is being played has no bfloat16 instructions, this one has";
  }

  const std::shared_ptr<const Net> net_ = make_net(
      "conv(16) norm(batch) relu maxpool(2) conv(24) norm(instance) silu conv(24, k=1, p=0) flatten linear(256, wn) "
      "norm(mean) tanh linear(classes)",
      {1, 16, 16}, 10);
  const Key key_{3};
  const Tensor w_ = net_->initial(key_), u_ = key_.split("u").normal(w_.sizes());
  const Tensor x_ = key_.split("x").normal({32, 1, 16, 16}).contiguous(kChannelsLast);
  const Tensor y_ = at::softmax(key_.split("y").normal({32, 10}), 1);
};

TEST_F(Bfloat16, passes_are_near_the_full_ones) {
  const auto rounded = net_->in(Precision::bfloat16);
  const SecondOrder full = net_->second_order(w_, u_, x_, y_), half = rounded->second_order(w_, u_, x_, y_);
  const auto expect_near = [](const Tensor& a, const Tensor& b, const char* what) {
    EXPECT_LT(relative_error(a, b), 0.05) << what;
    EXPECT_GT(relative_error(a, b), 1e-5) << what << " was not rounded";
    EXPECT_EQ(a.scalar_type(), at::kFloat) << what;
  };
  expect_near(half.gradient, full.gradient, "gradient");
  expect_near(half.w, full.w, "H u");
  expect_near(half.x, full.x, "d<u, g>/dx");
  expect_near(half.y, full.y, "d<u, g>/dy");
  const EvaluationGradient meta = net_->evaluation_gradient(w_, x_, y_, {x_}),
                           meta_half = rounded->evaluation_gradient(w_, x_, y_, {x_});
  expect_near(meta_half.w, meta.w, "dM/dw");
  const Gradient recorded = rounded->recorded_gradient(w_, x_, y_);
  EXPECT_TRUE(at::equal(rounded->recorded_second_order(*recorded.record, w_, u_, x_, y_).w, half.w));
}

TEST_F(Bfloat16, float64_and_small_products_stay_as_they_are) {
  const auto rounded = net_->in(Precision::bfloat16);
  const Tensor w = w_.to(at::kDouble), x = x_.to(at::kDouble).contiguous(kChannelsLast), y = y_.to(at::kDouble);
  EXPECT_TRUE(at::equal(rounded->gradient(w, x, y).w, net_->gradient(w, x, y).w));
  const auto small = make_net("conv(8) relu maxpool(2) flatten linear(classes)", {1, 16, 16}, 10);
  const Tensor v = small->initial(key_);
  EXPECT_TRUE(at::equal(small->in(Precision::bfloat16)->gradient(v, x_, y_).w, small->gradient(v, x_, y_).w));
}

}  // namespace
}  // namespace gtn
