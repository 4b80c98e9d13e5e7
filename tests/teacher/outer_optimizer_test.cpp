// Adam against its formulas worked out in doubles, its clipping against the scaled gradient, and its state bit by bit.
#include "gtn/teacher/outer_optimizer.h"

#include <cmath>

#include "tests/core/expect_error.h"

namespace gtn {
namespace {

OuterConfig plain() { return {.iterations = 10, .lr = 0.1, .final_lr = 1, .clip = 0}; }

Tensors random_tensors(const Key& key) { return {key.split("a").normal({3, 4}), key.split("b").normal({5})}; }

Tensors clone(const Tensors& tensors) {
  Tensors copies;
  for (const Tensor& t : tensors) copies.push_back(t.clone());
  return copies;
}

std::vector<NamedTensor> clone(const std::vector<NamedTensor>& named) {
  std::vector<NamedTensor> copies;
  for (const NamedTensor& n : named) copies.push_back({n.name, n.tensor.clone()});
  return copies;
}

bool equal(const Tensors& a, const Tensors& b) {
  return std::ranges::equal(a, b, [](const Tensor& x, const Tensor& y) { return at::equal(x, y); });
}

bool equal(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
  return std::ranges::equal(a, b, [](const NamedTensor& x, const NamedTensor& y) {
    return x.name == y.name && at::equal(x.tensor, y.tensor);
  });
}

TEST(CosineLr, runs_from_lr_to_its_final_share) {
  const OuterConfig config{.iterations = 8, .lr = 0.02, .final_lr = 0.1};
  EXPECT_DOUBLE_EQ(cosine_lr(config, 0), 0.02);
  EXPECT_DOUBLE_EQ(cosine_lr(config, 4), 0.02 * 0.55);
  EXPECT_NEAR(cosine_lr(config, 8), 0.002, 1e-15);
  EXPECT_NEAR(cosine_lr(config, 99), 0.002, 1e-15);
  EXPECT_NEAR(cosine_lr(config, 2), 0.02 * (0.1 + 0.9 * (1 + std::sqrt(0.5)) / 2), 1e-15);
}

TEST(OuterOptimizer, equals_the_hand_computation) {
  const OuterConfig config{.iterations = 5, .lr = 0.1, .final_lr = 0.2, .beta1 = 0.8, .beta2 = 0.99, .clip = 0};
  // One parameter a row, of gradients from huge to below epsilon; doubles, so that the formula itself is compared.
  const double start[] = {1.0, -2.0, 0.5}, gradient[3][3] = {{2.0, -30.0, 1e-9}, {-1.0, -50.0, 2e-9}, {4.0, 7.0, 0.0}};
  const Tensors params{at::tensor({start[0], start[1], start[2]}, at::kDouble)};
  OuterOptimizer adam(config, params);
  double w[3], mean[3] = {}, square[3] = {};
  std::copy_n(start, 3, w);
  for (int64_t i = 0; i < 3; ++i) {
    const double* g = gradient[i];
    const OuterOptimizer::Report report = adam.step(params, {at::tensor({g[0], g[1], g[2]}, at::kDouble)}, i);
    EXPECT_NEAR(report.gradient_norm, std::sqrt(g[0] * g[0] + g[1] * g[1] + g[2] * g[2]), 1e-12);
    EXPECT_TRUE(report.finite);
    EXPECT_FALSE(report.clipped);
    const double lr = 0.1 * (0.2 + 0.8 * (1 + std::cos(M_PI * static_cast<double>(i) / 5)) / 2);
    for (int k = 0; k < 3; ++k) {
      mean[k] = 0.8 * mean[k] + 0.2 * g[k];
      square[k] = 0.99 * square[k] + 0.01 * g[k] * g[k];
      const double n = static_cast<double>(i + 1);
      w[k] -= lr * (mean[k] / (1 - std::pow(0.8, n))) / (std::sqrt(square[k] / (1 - std::pow(0.99, n))) + 1e-8);
      EXPECT_NEAR(scalar(params[0][k]), w[k], 1e-12) << "step " << i << ", parameter " << k;
    }
  }
}

TEST(OuterOptimizer, sgd_and_rmsprop_equal_the_hand_computation) {
  for (const OuterMethod method : {OuterMethod::sgd, OuterMethod::rmsprop}) {
    OuterConfig config = plain();
    config.method = method;
    config.beta1 = 0.8;
    config.beta2 = 0.99;
    const Tensors params{at::full({1}, 1.5, at::kDouble)};
    OuterOptimizer optimizer(config, params);
    double w = 1.5, velocity = 0, square = 0;
    for (int64_t i = 0; i < 4; ++i) {
      const double g = i == 2 ? -3.0 : 0.5 + static_cast<double>(i);
      optimizer.step(params, {at::full({1}, g, at::kDouble)}, i);
      square = 0.99 * square + 0.01 * g * g;
      const double root = std::sqrt(square / (1 - std::pow(0.99, static_cast<double>(i + 1)))) + 1e-8;
      velocity = 0.8 * velocity + (method == OuterMethod::sgd ? g : g / root);
      w -= 0.1 * velocity;
      EXPECT_NEAR(scalar(params[0][0]), w, 1e-12);
    }
  }
}

TEST(OuterOptimizer, the_first_step_is_lr_times_the_sign) {
  const Tensors params{at::zeros({4})};
  OuterOptimizer(plain(), params).step(params, {at::tensor({3.0, -0.02, 500.0, -1.0}, at::kFloat)}, 0);
  EXPECT_TRUE(at::allclose(params[0], at::tensor({-0.1, 0.1, -0.1, 0.1}, at::kFloat), 1e-5, 0));
}

TEST(OuterOptimizer, clips_to_twice_the_running_mean_of_the_norm) {
  OuterConfig clipping = plain();
  clipping.clip = 2;
  const Tensors gradient = random_tensors(Key(1));
  const auto times = [&](double factor) { return Tensors{gradient[0] * factor, gradient[1] * factor}; };
  const auto after_warm_up = [&](const OuterConfig& config, const Tensors& last, OuterOptimizer::Report& report) {
    const Tensors params = random_tensors(Key(2));
    OuterOptimizer adam(config, params);
    for (int64_t i = 0; i < 3; ++i) EXPECT_FALSE(adam.step(params, gradient, i).clipped);
    report = adam.step(params, last, 3);
    return params;
  };
  OuterOptimizer::Report huge{}, allowed{};
  const Tensors clipped = after_warm_up(clipping, times(100), huge);
  const Tensors twice = after_warm_up(plain(), times(2), allowed);
  EXPECT_TRUE(huge.clipped);
  EXPECT_FALSE(allowed.clipped);
  EXPECT_NEAR(huge.gradient_norm, 50 * allowed.gradient_norm, 1e-3 * huge.gradient_norm);  // as it came
  for (size_t i = 0; i < clipped.size(); ++i) EXPECT_TRUE(at::allclose(clipped[i], twice[i], 1e-5, 1e-6));
  OuterOptimizer::Report below{};
  after_warm_up(clipping, times(1.9), below);
  EXPECT_FALSE(below.clipped);
}

TEST(OuterOptimizer, the_running_mean_counts_the_clipped_norm) {
  OuterConfig config = plain();
  config.clip = 2;
  const Tensors params{at::zeros({1})};
  OuterOptimizer adam(config, params);
  const auto clips = [&](double norm) { return adam.step(params, {at::full({1}, norm)}, 0).clipped; };
  EXPECT_FALSE(clips(1));   // nothing to compare with
  EXPECT_TRUE(clips(100));  // counts as 2: the mean becomes 0.95 + 0.05 * 2 = 1.05
  EXPECT_FALSE(clips(2.09));
  EXPECT_TRUE(clips(2.3));  // the limit is 2 (0.95 * 1.05 + 0.05 * 2.09) = 2.204
}

TEST(OuterOptimizer, a_first_gradient_of_zero_does_not_freeze_it) {
  const Tensors params{at::zeros({2})};
  OuterOptimizer adam({.iterations = 10, .lr = 0.1, .final_lr = 1, .clip = 2}, params);
  adam.step(params, {at::zeros({2})}, 0);
  for (int64_t i = 1; i < 4; ++i) EXPECT_FALSE(adam.step(params, {at::ones({2})}, i).clipped);
  EXPECT_LT(scalar(params[0].max()), -0.1);
}

TEST(OuterOptimizer, a_gradient_that_is_not_finite_changes_nothing) {
  const Tensors params = random_tensors(Key(1));
  OuterOptimizer adam(OuterConfig{}, params);
  adam.step(params, random_tensors(Key(2)), 0);
  const Tensors before = clone(params);
  const std::vector<NamedTensor> state = clone(adam.state());
  for (const double poison : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    Tensors gradient = random_tensors(Key(3));
    gradient[1][2].fill_(poison);
    const OuterOptimizer::Report report = adam.step(params, gradient, 1);
    EXPECT_FALSE(report.finite);
    EXPECT_FALSE(report.clipped);
    EXPECT_TRUE(equal(params, before));
    EXPECT_TRUE(equal(adam.state(), state));
  }
  EXPECT_TRUE(adam.step(params, random_tensors(Key(3)), 1).finite);
  EXPECT_FALSE(equal(params, before));
}

TEST(OuterOptimizer, goes_on_from_its_state_to_the_same_bits) {
  const auto go_on = [](OuterOptimizer& adam, const Tensors& params, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      Tensors gradient = random_tensors(Key(static_cast<uint64_t>(i)));
      if (i == 5) gradient[0].mul_(1000);  // clipped, so that the running mean matters too
      EXPECT_EQ(adam.step(params, gradient, i).clipped, i == 5);
    }
  };
  const Tensors params = random_tensors(Key(99));
  OuterOptimizer adam(OuterConfig{}, params);
  go_on(adam, params, 0, 4);
  const Tensors resumed_params = clone(params);
  OuterOptimizer resumed(OuterConfig{}, resumed_params);
  resumed.load(clone(adam.state()));
  go_on(adam, params, 4, 8);
  go_on(resumed, resumed_params, 4, 8);
  EXPECT_TRUE(equal(params, resumed_params));
  EXPECT_TRUE(equal(adam.state(), resumed.state()));
}

TEST(OuterOptimizer, refuses_the_state_of_another_optimiser) {
  OuterOptimizer adam(OuterConfig{}, random_tensors(Key(1)));
  const OuterOptimizer other_shape(OuterConfig{}, {at::zeros({3, 4}), at::zeros({6})});
  expect_error([&] { adam.load(other_shape.state()); }, ErrorKind::failure,
               {"checkpoint: 'adam.mean.1'", "another shape", "was it written by this configuration?"});
  const OuterOptimizer fewer(OuterConfig{}, {at::zeros({3, 4})});
  expect_error([&] { adam.load(fewer.state()); }, ErrorKind::failure, {"checkpoint", "another number"});
  std::vector<NamedTensor> renamed = clone(adam.state());
  renamed[0].name = "adam.count";
  expect_error([&] { adam.load(renamed); }, ErrorKind::failure, {"'adam.counters' is missing"});
}

}  // namespace
}  // namespace gtn
