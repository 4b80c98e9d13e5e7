// The fused kernels against the layers' own passes, for every instruction set that this processor can run: random
// chains, odd sizes, one channel, one image.
#include <gtest/gtest.h>

#include "gtn/nets/activation.h"
#include "gtn/nets/chain.h"
#include "gtn/nets/linear.h"
#include "gtn/nets/norm.h"
#include "gtn/nets/pool.h"
#include "tests/nets/contract.h"

namespace gtn {
namespace {

// Puts the choice of kernels back at the end.
class KernelChoice {
 public:
  ~KernelChoice() { kernels::select(before_); }
  void operator()(const std::string& name) const { ASSERT_TRUE(kernels::select(name)) << name; }

 private:
  std::string before_ = kernels::table() ? kernels::table()->name : "off";
};

struct Passes {
  Dual y, grad_x;
  Duals grads;
  Tensors statistics, statistics_grad;
};

Passes run(const Layer& layer, const Duals& params, const Dual& x, const Dual& grad_y, const Tape& given) {
  NoGrad no_grad;
  Tape tape = given;
  Passes result;
  result.y = layer.forward(params, x, tape);
  result.statistics = tape.statistics;
  if (tape.mode == Mode::evaluate) tape.statistics_grad.clear();
  result.grads.resize(params.size());
  result.grad_x = layer.backward(params, grad_y, tape, result.grads);
  result.statistics_grad = tape.statistics_grad;
  return result;
}

// NaN and shape faults count as far; both zero as equal.
bool close(const Tensor& a, const Tensor& b, double scale) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  if (a.sizes() != b.sizes()) return false;
  return scalar((a - b).norm()) <= 1e-5 * (scalar(b.norm()) + scale);
}

void expect_close(const Passes& a, const Passes& b, double scale) {
  EXPECT_TRUE(close(a.y.value, b.y.value, scale));
  EXPECT_TRUE(close(a.y.tangent, b.y.tangent, scale));
  EXPECT_TRUE(close(a.grad_x.value, b.grad_x.value, scale));
  EXPECT_TRUE(close(a.grad_x.tangent, b.grad_x.tangent, scale));
  for (size_t i = 0; i < a.grads.size(); ++i) {
    EXPECT_TRUE(close(a.grads[i].value, b.grads[i].value, scale));
    EXPECT_TRUE(close(a.grads[i].tangent, b.grads[i].tangent, scale));
  }
  ASSERT_EQ(a.statistics.size(), b.statistics.size());
  for (size_t i = 0; i < a.statistics.size(); ++i) EXPECT_TRUE(close(a.statistics[i], b.statistics[i], scale));
  ASSERT_EQ(a.statistics_grad.size(), b.statistics_grad.size());
  for (size_t i = 0; i < a.statistics_grad.size(); ++i)
    EXPECT_TRUE(close(a.statistics_grad[i], b.statistics_grad[i], scale));
}

LayerPtr any_layer(int choice, int64_t channels) {
  switch (choice) {
    case 0:
      return std::make_shared<LeakyRelu>(0.0);
    case 1:
      return std::make_shared<LeakyRelu>(0.1);
    case 2:
      return std::make_shared<Tanh>();
    case 3:
      return std::make_shared<Silu>();
    case 4:
      return std::make_shared<Pool>(PoolKind::max, 2, 2, 0);
    case 5:
      return std::make_shared<Pool>(PoolKind::max, 3, 2, 1);
    case 6:
      return std::make_shared<Pool>(PoolKind::average, 3, 1, 1);
    case 7:
      return std::make_shared<Pool>(PoolKind::average, 2, 2, 0);
    case 8:
      return std::make_shared<GlobalAveragePool>();
    case 9:
      return std::make_shared<MeanNorm>(channels);
    case 10:
      return std::make_shared<StandardNorm>(NormOver::batch, channels);
    default:
      return std::make_shared<StandardNorm>(NormOver::instance, channels);
  }
}

// Draws in a row, each uniform.
class Dice {
 public:
  explicit Dice(uint64_t seed) : key_(seed) {}
  int64_t operator()(int64_t low, int64_t high) {
    return low + key_.split("dice").split(next_++).index(high - low + 1);
  }

 private:
  Key key_;
  uint64_t next_ = 0;
};

// A chain whose layers fit the input, of one to four.
std::vector<LayerPtr> any_chain(const Shape& input, Dice& dice) {
  std::vector<LayerPtr> layers;
  Shape shape = input;
  const auto wanted = static_cast<size_t>(dice(1, 4));
  while (layers.size() < wanted) {
    const LayerPtr layer = any_layer(static_cast<int>(dice(0, layers.empty() ? 11 : 8)), input[0]);
    const bool image = shape.size() == 3 && shape[1] >= 3 && shape[2] >= 3;
    const bool needs_image =
        layer->text().find("pool") != std::string::npos || layer->text() == "gap" || layer->text() == "norm(instance)";
    if ((needs_image && !image) || !Chain::extends(layers, *layer, shape)) continue;
    shape = layer->output_shape(shape);
    layers.push_back(layer);
  }
  return layers;
}

void compare_chain(uint64_t seed) {
  const KernelChoice choose;
  Dice dice(seed);
  const int64_t batch = dice(1, 6), channels = dice(1, 40);
  Shape input{channels};
  if (dice(0, 3) != 0) input = {channels, dice(3, 11), dice(3, 11)};
  const Chain chain(any_chain(input, dice), input);
  SCOPED_TRACE("seed " + std::to_string(seed) + ": " + chain.text() + " on " + to_string(input));
  const Key key(seed);
  const auto random = [&](const char* name, Shape shape) {
    shape.insert(shape.begin(), batch);
    const Tensor t = key.split(name).normal(shape);
    return t.dim() == 4 ? t.contiguous(kChannelsLast) : t;
  };
  const bool dual = dice(0, 1) == 1;
  const auto with_tangent = [&](const Tensor& value, const Tensor& tangent) {
    return Dual{value, dual ? tangent : Tensor()};
  };
  const Shape output = chain.output_shape(input);
  const Dual x = with_tangent(random("x", input), random("x'", input));
  const Dual g = with_tangent(random("g", output), random("g'", output));
  Duals params;
  for (const ParamSpec& spec : chain.params())
    params.push_back(
        with_tangent(1 + 0.3 * key.split(spec.name).normal(spec.shape), key.split(spec.name + "'").normal(spec.shape)));
  Tape tape;
  const size_t statistics = chain.statistics().size();
  if (dice(0, 2) == 0) {
    tape.mode = Mode::evaluate;
    for (size_t i = 0; i < statistics; ++i)
      tape.statistics.push_back(0.5 + key.split("s").split(i).uniform({channels}, 0, 1));
  } else if (!dual && dice(0, 1) == 1) {
    for (size_t i = 0; i < statistics; ++i) tape.statistics_grad.push_back(key.split("s").split(i).normal({channels}));
  }
  choose("off");
  const Passes expected = run(chain, params, x, g, tape);
  for (const std::string& name : kernels::available()) {
    choose(name);
    // A norm over few elements divides by a small deviation: its rounding is judged beside the size of the input.
    expect_close(run(chain, params, x, g, tape), expected, std::sqrt(static_cast<double>(batch * channels)));
  }
}

TEST(Fused, chains_equal_their_layers_one_by_one) {
  for (uint64_t seed = 0; seed < 400; ++seed) compare_chain(seed);
}

// A convolution with every choice of kernels beside the library's; each operand carries a tangent three times out of
// four.
void compare_conv(const ConvOptions& options, const Shape& input, int64_t batch, uint64_t seed, Dice& dice) {
  const KernelChoice choose;
  const Conv conv(options);
  SCOPED_TRACE("seed " + std::to_string(seed) + ": " + conv.text() + " on " + to_string(input));
  const Key key(seed);
  const auto random = [&](const char* name, Shape shape) {
    shape.insert(shape.begin(), batch);
    return key.split(name).normal(shape).contiguous(kChannelsLast);
  };
  const auto with_tangent = [&](const Tensor& value, const Tensor& tangent) {
    return Dual{value, dice(0, 3) != 0 ? tangent : Tensor()};
  };
  const Shape output = conv.output_shape(input);
  const Dual x = with_tangent(random("x", input), random("x'", input));
  const Dual g = with_tangent(random("g", output), random("g'", output));
  Duals params;
  for (const ParamSpec& spec : conv.params())
    params.push_back(
        with_tangent(key.split(spec.name).normal(spec.shape), key.split(spec.name + "'").normal(spec.shape)));
  choose("off");
  const Passes expected = run(conv, params, x, g, Tape{});
  for (const std::string& name : kernels::available()) {
    choose(name);
    expect_close(run(conv, params, x, g, Tape{}), expected, 0);
  }
}

TEST(Fused, few_channel_convolutions_equal_the_library) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Dice dice(seed);
    // Every other one fills whole vectors with its features.
    ConvOptions o{.in = dice(1, 3), .out = seed % 2 == 0 ? 16 * dice(1, 3) : dice(1, 40)};
    for (size_t i = 0; i < 2; ++i) {
      o.kernel[i] = dice(1, o.in == 1 ? 5 : 3);
      o.stride[i] = dice(1, 3);
      o.padding[i] = dice(0, o.kernel[i] - 1);
      o.dilation[i] = dice(1, 2);
    }
    o.bias = dice(0, 1) == 1 ? Bias::learned : Bias::none;
    const Shape input{o.in, dice(11, 17), dice(11, 17)};
    compare_conv(o, input, dice(1, 5), seed, dice);
  }
}

// Odd sizes, one image, every padding that is served.
TEST(Fused, minimal_filtering_equals_the_library) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Dice dice(seed);
    const ConvOptions o{.in = 16 * dice(1, 4),
                        .out = 16 * dice(1, 4),
                        .padding = {dice(0, 2), dice(0, 2)},
                        .bias = dice(0, 1) == 1 ? Bias::learned : Bias::none};
    const Shape input{o.in, dice(3, 19), dice(3, 19)};
    compare_conv(o, input, dice(1, 5), seed, dice);
  }
}

// The passes of a layer with one thread and with three.
void expect_same_bits(const Layer& layer, const Duals& params, const Dual& x, const Dual& g) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const Passes one = run(layer, params, x, g, Tape{});
  at::set_num_threads(3);
  const Passes three = run(layer, params, x, g, Tape{});
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(one.y.value, three.y.value) && at::equal(one.y.tangent, three.y.tangent));
  EXPECT_TRUE(at::equal(one.grad_x.value, three.grad_x.value) && at::equal(one.grad_x.tangent, three.grad_x.tangent));
  EXPECT_TRUE(at::equal(one.grads[0].value, three.grads[0].value));
  EXPECT_TRUE(at::equal(one.grads[0].tangent, three.grads[0].tangent));
}

TEST(Fused, results_do_not_depend_on_the_threads) {
  if (!kernels::table()) GTEST_SKIP() << "the library's own may";
  const Key key(5);
  const auto random = [&](const char* name, Shape shape) {
    return Dual{key.split(name).normal(shape), key.split(name).split("'").normal(shape)};
  };
  const Chain chain({std::make_shared<StandardNorm>(NormOver::batch, 24), std::make_shared<LeakyRelu>(0.1),
                     std::make_shared<Pool>(PoolKind::max, 3, 2, 1)},
                    {24, 14, 14});
  expect_same_bits(chain, {random("scale", {24}), random("shift", {24})}, random("x", {40, 24, 14, 14}),
                   random("g", {40, 24, 7, 7}));
  const Conv conv({.in = 16, .out = 32, .bias = Bias::none});
  expect_same_bits(conv, {random("w", {32, 16, 3, 3})}, random("i", {40, 16, 9, 7}), random("o", {40, 32, 9, 7}));
}

TEST(Fused, a_nan_stays_one) {
  const KernelChoice choose;
  for (const std::string& name : kernels::available()) {
    choose(name);
    for (int choice = 0; choice < 12; ++choice) {
      const Chain chain({any_layer(choice, 3)}, {3, 6, 6});
      Tensor x = at::ones({2, 3, 6, 6});
      x[1][2][3][3] = std::nan("");
      Duals params;
      for (const ParamSpec& spec : chain.params()) params.push_back({at::ones(spec.shape), {}});
      NoGrad no_grad;
      Tape tape;
      EXPECT_TRUE(chain.forward(params, {x, {}}, tape).value.isnan().any().item<bool>()) << chain.text() << name;
    }
  }
}

}  // namespace
}  // namespace gtn
