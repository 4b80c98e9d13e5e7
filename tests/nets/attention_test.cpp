// Self-attention against its formula, its derivatives, and its counts by hand.
#include "gtn/nets/attention.h"

#include <gtest/gtest.h>

#include "gtn/nets/spec.h"
#include "tests/core/expect_error.h"
#include "tests/nets/contract.h"

namespace gtn {
namespace {

TEST(Attention, equals_its_formula_position_by_position) {
  const int64_t channels = 3, heads = 2, dim = 5, batch = 2, height = 3, width = 4;
  const Attention attention(channels, heads, dim);
  const Tensor x = Key(1).normal({batch, channels, height, width}).to(at::kDouble);
  Duals params;
  for (const ParamSpec& spec : attention.params())
    params.push_back({Key(2).split(spec.name).normal(spec.shape).to(at::kDouble), {}});
  Tensor expected = at::zeros_like(x);
  for (int64_t image = 0; image < batch; ++image) {
    const Tensor positions = x[image].flatten(1);  // [C, HW]
    for (int64_t head = 0; head < heads; ++head) {
      const auto of_head = [&](size_t i) { return at::mm(params[i].value.narrow(0, head * dim, dim), positions); };
      const Tensor query = of_head(0), key = of_head(1), value = of_head(2);
      for (int64_t p = 0; p < height * width; ++p) {
        Tensor weights = at::empty({height * width}, at::kDouble);
        for (int64_t q = 0; q < height * width; ++q)
          weights[q] = at::exp(at::dot(query.select(1, p), key.select(1, q)) / std::sqrt(static_cast<double>(dim)));
        const Tensor mixed = at::mv(value, weights / weights.sum());
        expected[image].flatten(1).select(1, p).add_(at::mv(params[3].value.narrow(1, head * dim, dim), mixed));
      }
    }
  }
  Tape tape;
  EXPECT_LT(relative_error(attention.forward(params, {x, {}}, tape).value, expected), 1e-12);
}

TEST(Attention, holds_to_the_layer_contract) {
  const ContractCase contract{.input = {4, 3, 5}, .smooth = true};
  expect_layer_contract(std::make_shared<Attention>(4, 1, 4), contract);
  expect_layer_contract(std::make_shared<Attention>(4, 2, 2), contract);
  expect_layer_contract(std::make_shared<Attention>(4, 3, 2), contract);
}

TEST(Attention, stands_first_and_behind_a_shortcut) {
  const ContractCase contract{.input = {2, 4, 5}, .smooth = true};
  expect_text_contract("attention tanh flatten linear(classes)", contract);
  expect_text_contract("conv(4) norm(batch) tanh res{ norm(batch) attention(heads=2) } tanh gap linear(classes)",
                       contract);
}

TEST(Attention, its_work_and_parameters_counted_by_hand) {
  const Attention attention(6, 3, 4);  // 12 channels in its heads
  const int64_t positions = 5 * 7;
  EXPECT_EQ(attention.multiply_adds({6, 5, 7}), 4 * positions * 6 * 12 + 2 * 3 * positions * positions * 4);
  EXPECT_EQ(make_net("attention(heads=3, dim=4) gap linear(classes)", {6, 5, 7}, 2)->parameter_count(),
            4 * 6 * 12 + 6 * 2 + 2);
  EXPECT_EQ(attention.output_shape({6, 5, 7}), (Shape{6, 5, 7}));
}

TEST(Attention, starts_with_kaiming_weights_that_differ) {
  const auto net = make_net("attention(heads=4) gap linear(classes)", {64, 2, 2}, 2);
  const Tensors params = net->unpack(net->initial(Key(1)));
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(scalar(params[i].std()), std::sqrt(2.0 / 64), 0.01);
  EXPECT_FALSE(at::equal(params[0], params[1]));
}

TEST(Attention, text_and_faults) {
  const auto text = [](const std::string& layer) {
    return make_net(layer + " gap linear(classes)", {6, 4, 4}, 2)->nodes()[0].layer->text();
  };
  EXPECT_EQ(text("attention"), "attention(heads=1)");
  EXPECT_EQ(text("attention(heads=3)"), "attention(heads=3)");
  EXPECT_EQ(text("attention(heads=4, dim=5)"), "attention(heads=4, dim=5)");
  expect_error([&] { text("attention(heads=4)"); }, ErrorKind::usage,
               {"column 1", "cannot share 6 channels among 4 heads", "give dim="});
  expect_error([&] { text("attention(heads=0)"); }, ErrorKind::usage, {"whole number from 1", "for heads"});
  expect_error([&] { text("flatten attention"); }, ErrorKind::usage, {"must stand before flatten or gap"});
  expect_error([] { Attention(4, 2, 0); }, ErrorKind::usage, {"one channel, head and dim at least"});
}

}  // namespace
}  // namespace gtn
