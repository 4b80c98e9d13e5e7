// The work of a pass, counted by hand.
#include "gtn/nets/net.h"

#include <gtest/gtest.h>

#include "gtn/nets/linear.h"
#include "gtn/nets/spec.h"

namespace gtn {
namespace {

TEST(MultiplyAdds, of_each_layer) {
  // [6, 9, 7] with stride (2, 1) and a 3 x 5 kernel in three groups: 5 x 7 positions, 2 channels seen by each output.
  const Conv conv({.in = 6, .out = 12, .kernel = {3, 5}, .stride = {2, 1}, .padding = {1, 2}, .groups = 3});
  EXPECT_EQ(conv.output_shape({6, 9, 7}), (Shape{12, 5, 7}));
  EXPECT_EQ(conv.multiply_adds({6, 9, 7}), 12 * 5 * 7 * 2 * 3 * 5);
  EXPECT_EQ(Linear(13, 7, Bias::learned).multiply_adds({13}), 13 * 7);
  EXPECT_EQ(WeightNorm(std::make_shared<Linear>(13, 7, Bias::none)).multiply_adds({13}), 13 * 7);
}

TEST(MultiplyAdds, of_the_papers_learner) {
  const auto net = make_net("base_fc", {1, 28, 28}, 10);
  const int64_t first = 28 * 28 * 64 * 9, rest = 14 * 14 * 128 * 64 * 9 + 128 * 49 * 256 + 256 * 10;
  EXPECT_EQ(net->multiply_adds(), first + rest);
  // Of the first layer only the gradient of its weights is asked for: 2 of 3 products, and 6 of 9 with tangents.
  EXPECT_EQ(net->plain_multiply_adds(), 2 * first + 3 * rest);
  EXPECT_EQ(net->dual_multiply_adds(), 6 * first + 9 * rest);
}

TEST(MultiplyAdds, layers_without_parameters_leave_the_next_one_first) {
  const auto net = make_net("avgpool(2) flatten linear(9) relu linear(classes)", {2, 6, 8}, 5);
  const int64_t first = 2 * 3 * 4 * 9, second = 9 * 5;
  EXPECT_EQ(net->multiply_adds(), first + second);
  EXPECT_EQ(net->plain_multiply_adds(), 2 * first + 3 * second);
}

TEST(MultiplyAdds, a_branch_that_reads_the_image_is_first_and_their_sum_is_not) {
  const auto net = make_net("res{ conv(4) }{ conv(4, k=1) } conv(6) gap linear(classes)", {3, 5, 7}, 2);
  const int64_t branches = 35 * 4 * 3 * 9 + 35 * 4 * 3, rest = 35 * 6 * 4 * 9 + 6 * 2;
  EXPECT_EQ(net->multiply_adds(), branches + rest);
  EXPECT_EQ(net->plain_multiply_adds(), 2 * branches + 3 * rest);
}

}  // namespace
}  // namespace gtn
