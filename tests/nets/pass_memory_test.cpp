// The memory of a pass, counted by hand and held against what a process takes in tests/cli/memory_test.cpp.
#include "gtn/nets/pass_memory.h"

#include <gtest/gtest.h>

#include "gtn/nets/spec.h"

namespace gtn {
namespace {

constexpr int64_t kFloat = 4;

TEST(PassMemory, of_a_chain_of_stages_by_hand) {
  // Outputs of one example: flatten 4, linear 6, relu 6, linear 2; all are kept, and gradients come to both ends of a
  // stage: at the last linear 2 and 6, by then 18 are held.
  const auto net = make_net("flatten linear(6) relu linear(2)", {1, 2, 2}, 2);
  EXPECT_EQ(activation_bytes(*net, 3), 4 * 3 * (4 + 6 + 6 + 2));
  const int64_t vectors = 4 * 3 * net->parameter_count();
  EXPECT_EQ(pass_bytes(*net, 5, Pass::plain) - vectors, 4 * 5 * (18 + 2 + 6));
  EXPECT_GT(pass_bytes(*net, 5, Pass::dual), 2 * pass_bytes(*net, 5, Pass::plain));
}

TEST(PassMemory, of_a_residual_block_frees_what_only_the_sum_has_read) {
  // Stages: convolution, the block's convolution, their sum, flatten, linear; all outputs but the last have 8 numbers.
  const auto net = make_net("conv(2) res{ conv(2) } flatten linear(2)", {1, 2, 2}, 2);
  const std::vector<Net::Stage> stages = net->stages();
  ASSERT_EQ(stages.size(), 5u);
  EXPECT_EQ(stages[2].inputs.size(), 2u);
  EXPECT_FALSE(stages[2].computes);
  EXPECT_EQ(activation_bytes(*net, 1), kFloat * (8 + 8 + 8 + 8 + 2));
  // The most is held where the gradient at the sum goes to both convolutions: the first convolution's output, the sum,
  // three gradients, and the logits; the block's own output is gone.
  const int64_t vectors = kFloat * 3 * net->parameter_count();
  EXPECT_EQ(pass_bytes(*net, 1, Pass::plain) - vectors, kFloat * (5 * 8 + 2));
}

TEST(PassMemory, of_an_evaluation_holds_a_calibration_pass_where_norms_need_one) {
  const auto with = make_net("conv(2) norm(batch) relu flatten linear(2)", {1, 2, 2}, 2);
  const auto without = make_net("conv(2) norm(instance) relu flatten linear(2)", {1, 2, 2}, 2);
  EXPECT_EQ(evaluation_bytes(*with, 7, 3), pass_bytes(*with, 7, Pass::plain) + pass_bytes(*with, 3, Pass::plain));
  EXPECT_EQ(evaluation_bytes(*without, 7, 3), pass_bytes(*without, 7, Pass::plain));
}

}  // namespace
}  // namespace gtn
