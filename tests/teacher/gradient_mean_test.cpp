#include "gtn/teacher/gradient_mean.h"

#include <gtest/gtest.h>

namespace gtn {
namespace {

// Of two steps, the second of which has no gradient at its images; its norm is `length`.
MetaGradient gradient(double length, double loss = 1) {
  return {.loss = loss,
          .total_loss = loss,
          .x = {at::full({2, 2}, 0.3 * length, at::kDouble), Tensor()},
          .y = {at::full({4}, 0.2 * length, at::kDouble), at::zeros({4}, at::kDouble)},
          .log_lr = {0.4 * length, 0},
          .log_momentum = {0, std::sqrt(0.32) * length},
          .w0 = {},
          .w_end = {}};
}

double first(const MetaGradient& g) { return scalar(g.x[0][0][0]); }

TEST(GradientMean, keeps_one_learner_from_deciding_alone) {
  std::vector<MetaGradient> gradients{gradient(1), gradient(1e6), gradient(3), gradient(1.5)};
  limit_to_median(gradients, 2);  // the lower median is 1.5: at most 3
  const double expected[] = {1, 3, 3, 1.5};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(first(gradients[i]), 0.3 * expected[i], 1e-9);
    EXPECT_NEAR(gradients[i].log_lr[0], 0.4 * expected[i], 1e-9);
    EXPECT_NEAR(gradients[i].log_momentum[1], std::sqrt(0.32) * expected[i], 1e-9);
    EXPECT_NEAR(scalar(gradients[i].y[0][3]), 0.2 * expected[i], 1e-9);
  }
}

TEST(GradientMean, leaves_alone_what_it_may_not_limit) {
  std::vector<MetaGradient> one{gradient(1e6)}, unlimited{gradient(1), gradient(1e6)}, zeros{gradient(0), gradient(0)};
  limit_to_median(one, 2);
  limit_to_median(unlimited, 0);
  limit_to_median(zeros, 2);
  EXPECT_EQ(first(one[0]), 0.3e6);
  EXPECT_EQ(first(unlimited[1]), 0.3e6);
  EXPECT_EQ(first(zeros[1]), 0);
}

TEST(GradientMean, is_the_mean_of_every_part) {
  const MetaGradient result = mean({gradient(1, 2), gradient(4, 6)});
  EXPECT_DOUBLE_EQ(result.loss, 4);
  EXPECT_DOUBLE_EQ(first(result), 0.3 * 2.5);
  EXPECT_FALSE(result.x[1].defined());
  EXPECT_DOUBLE_EQ(result.log_lr[0], 0.4 * 2.5);
  EXPECT_THROW(mean({}), std::out_of_range);
}

TEST(GradientMean, tells_what_is_not_finite) {
  EXPECT_TRUE(is_finite(gradient(1)));
  MetaGradient broken = gradient(1);
  broken.y[1][2] = std::nan("");
  EXPECT_FALSE(is_finite(broken));
  broken = gradient(1);
  broken.log_momentum[0] = INFINITY;
  EXPECT_FALSE(is_finite(broken));
}

}  // namespace
}  // namespace gtn
