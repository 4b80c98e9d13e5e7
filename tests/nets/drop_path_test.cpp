#include "gtn/nets/drop_path.h"

#include <gtest/gtest.h>

#include "gtn/nets/spec.h"
#include "tests/nets/contract.h"

namespace gtn {
namespace {

constexpr const char* kCell =
    "nasbench201(|nor_conv_3x3~0|+|skip_connect~0|avg_pool_3x3~1|+|none~0|nor_conv_1x1~1|skip_connect~2|, width=2, "
    "cells=1)";

Tensor logits_in_training(const Net& net, const Tensor& w, const Tensor& x) {
  std::vector<Tape> tapes = net.tapes(Mode::train);
  Duals params;
  for (const Tensor& value : net.unpack(w)) params.push_back({value, {}});
  return net.forward(params, {x, {}}, tapes).value;
}

double largest(const Tensor& difference) { return scalar(difference.abs().max()); }

// The identity x and the branch b of a residual block, each seen through the same linear layer.
TEST(DropPath, leaves_out_the_branch_of_some_images_and_doubles_that_of_the_others) {
  const auto net = make_net("res{ conv(2, k=1) } flatten linear(classes)", {2, 4, 4}, 3);
  const Tensor w = net->initial(Key(1)), x = Key(2).normal({64, 2, 4, 4});
  Tensor without = w.clone();
  for (size_t i = 0; i < net->params().size(); ++i)
    if (net->params()[i].name.starts_with("0.")) net->unpack(without)[i].zero_();
  const Tensor all = logits_in_training(*net, w, x), identity = logits_in_training(*net, without, x);
  const Tensor dropped = logits_in_training(*with_dropped_paths(*net, 0.5, 64, Key(3)), w, x);
  int64_t left_out = 0;
  for (int64_t i = 0; i < 64; ++i) {
    const bool gone = largest(dropped[i] - identity[i]) < 1e-5;
    left_out += gone;
    if (gone) continue;
    EXPECT_LT(largest(dropped[i] - (2 * all[i] - identity[i])), 1e-4) << i;
  }
  EXPECT_NEAR(static_cast<double>(left_out), 32, 12);
  const auto again = with_dropped_paths(*net, 0.5, 64, Key(3)), other = with_dropped_paths(*net, 0.5, 64, Key(4));
  EXPECT_TRUE(logits_in_training(*again, w, x).equal(dropped));
  EXPECT_FALSE(logits_in_training(*other, w, x).equal(dropped));
}

TEST(DropPath, of_probability_zero_is_the_network_and_any_keeps_its_parameters) {
  const auto net = make_net(kCell, {2, 8, 8}, 3);
  const Tensor w = net->initial(Key(1)), x = Key(2).normal({5, 2, 8, 8}), y = at::eye(3).narrow(0, 0, 1).repeat({5, 1});
  const auto none = with_dropped_paths(*net, 0, 5, Key(3)), half = with_dropped_paths(*net, 0.5, 5, Key(3));
  EXPECT_LT(relative_error(none->gradient(w, x, y).w, net->gradient(w, x, y).w), 1e-5);
  EXPECT_EQ(half->parameter_count(), net->parameter_count());
  EXPECT_EQ(half->multiply_adds(), net->multiply_adds());
  EXPECT_TRUE(half->initial(Key(4)).numel() == w.numel());
  EXPECT_GT(relative_error(half->gradient(w, x, y).w, net->gradient(w, x, y).w), 0.01);
}

TEST(DropPath, has_exact_derivatives) {
  for (const char* text : {"res{ conv(3) norm(batch) silu conv(2, k=1) } gap linear(classes)", kCell})
    expect_learner_contract(with_dropped_paths(*make_net(text, {2, 8, 8}, 3), 0.4, 5, Key(1)), {});
}

TEST(DropPath, refuses_what_makes_no_sense) {
  const auto net = make_net("flatten linear(classes)", {1, 2, 2}, 2);
  EXPECT_THROW(with_dropped_paths(*net, 1, 5, Key(1)), std::invalid_argument);
  EXPECT_THROW(with_dropped_paths(*net, -0.1, 5, Key(1)), std::invalid_argument);
  EXPECT_THROW(with_dropped_paths(*net, 0.5, 0, Key(1)), std::invalid_argument);
}

}  // namespace
}  // namespace gtn
