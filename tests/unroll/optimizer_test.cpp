// The inner optimisers: their steps by textbook formulas, the adjoint of each against central differences through a
// whole unroll, and what gradients of zero do. adjoint_test.cpp holds them against autograd.
#include "gtn/unroll/optimizer.h"

#include <gmock/gmock.h>

#include <numeric>

#include "gtn/data/artefact.h"
#include "gtn/nets/spec.h"
#include "tests/core/expect_error.h"
#include "tests/unroll/whole_graph.h"

namespace gtn {
namespace {

constexpr int64_t kInnerSteps = 5;
const std::vector<StepSize> kSizes{{0.030, 0.5}, {0.011, 0.9}, {0.023, 0.2}, {0.017, 0.7}, {0.005, 0.4}};

Tensor gradient_of(uint64_t step) { return Key(3).split(step).normal({7}).to(at::kDouble); }

TEST(Optimizer, names_are_those_that_an_artefact_explains) {
  for (const auto& [optimizer, name] : names_of(InnerOptimizer::sgd)) {
    EXPECT_EQ(name_of(optimizer), name);
    EXPECT_EQ(optimizer_named(name, "x"), optimizer);
    const Artefact artefact{.images = at::zeros({1, 1, 1, 1, 1}),
                            .labels = at::ones({1, 1, 1}),
                            .lr = at::ones({1}),
                            .momentum = at::ones({1}),
                            .optimizer = std::string(name),
                            .normalization = {at::zeros({1}), at::ones({1})},
                            .class_names = {"a"},
                            .dataset = {},
                            .dataset_fingerprint = {},
                            .learners = {},
                            .config = {},
                            .program_version = {},
                            .teacher = {}};
    EXPECT_NO_THROW(to_archive(artefact, "example")) << name;
  }
  expect_error([] { optimizer_named("lion", "file"); }, ErrorKind::failure, {"file", "\"lion\"", "sgd, rmsprop, adam"});
}

TEST(Optimizer, rmsprop_takes_the_steps_of_the_textbook) {
  LearnerState state = LearnerState::start(gradient_of(100));
  Tensor w = state.w, s = at::zeros_like(w), v = at::zeros_like(w);
  for (uint64_t t = 0; t < kSizes.size(); ++t) {
    const Tensor g = gradient_of(t);
    s = 0.99 * s + 0.01 * g.square();
    v = kSizes[t].momentum * v + g / (s.sqrt() + 1e-8);
    w = w - kSizes[t].lr * v;
    state = advance(state, g.clone(), kSizes[t], InnerOptimizer::rmsprop);
    EXPECT_LT(relative_error(state.w, w), 1e-14);
  }
}

TEST(Optimizer, adam_takes_the_steps_of_the_textbook_where_momentum_is_one_number) {
  constexpr double kMomentum = 0.8;
  LearnerState state = LearnerState::start(gradient_of(100));
  Tensor w = state.w, s = at::zeros_like(w), v = at::zeros_like(w);
  for (int t = 1; t <= 6; ++t) {
    const Tensor g = gradient_of(static_cast<uint64_t>(t));
    v = kMomentum * v + (1 - kMomentum) * g;
    s = 0.999 * s + 0.001 * g.square();
    w = w - 0.03 * (v / (1 - std::pow(kMomentum, t))) / ((s / (1 - std::pow(0.999, t))).sqrt() + 1e-8);
    state = advance(state, g.clone(), {0.03, kMomentum}, InnerOptimizer::adam);
    EXPECT_LT(relative_error(state.w, w), 1e-12) << t;
  }
}

TEST(Optimizer, adam_bears_a_momentum_of_one_and_above) {
  LearnerState state = LearnerState::start(at::zeros({7}, at::kDouble));
  for (uint64_t t = 0; t < 4; ++t) {
    const Tensor before = state.w;
    state = advance(state, at::full({7}, -2.0, at::kDouble), {0.1, t % 2 ? 1.1 : 1.0}, InnerOptimizer::adam);
    EXPECT_TRUE(at::allclose(state.w - before, at::full({7}, 0.1, at::kDouble))) << t;  // the mean of equal gradients
  }
}

// What a slope is measured along: the variables of all steps, each moved by its own random amount or direction.
struct Variables {
  std::vector<Batch> batches;
  std::vector<double> log_lr, log_momentum;
  Tensor w0;
};

void expect_slopes(InnerOptimizer optimizer, const MetaObjective& objective) {
  const auto net = make_net("conv(3) norm(batch) tanh avgpool(2) flatten linear(4) tanh linear(classes)", {1, 8, 8}, 3);
  const StoredBatches source = make_source(Key(11), kInnerSteps, at::kDouble, 2),
                      real = make_source(Key(12), kInnerSteps + 1, at::kDouble, 9);
  Variables at_start{{}, {}, {}, net->initial(Key(13)).to(at::kDouble)};
  for (int64_t t = 0; t < kInnerSteps; ++t) at_start.batches.push_back(source.batch(t));
  for (const StepSize& size : kSizes) {
    at_start.log_lr.push_back(std::log(size.lr));
    at_start.log_momentum.push_back(std::log(size.momentum));
  }
  const auto evaluate = [&](const Variables& at) {
    Schedule schedule{{}, optimizer};
    for (size_t t = 0; t < kSizes.size(); ++t)
      schedule.sizes.push_back({std::exp(at.log_lr[t]), std::exp(at.log_momentum[t])});
    return meta_gradient(*net, at.w0, StoredBatches(at.batches), schedule, real, objective);
  };
  // `parts`: what each step's derivative says of the slope. One measurement for all of them: each counts.
  const auto expect_slope = [&](const std::vector<double>& parts, const char* what, auto&& move) {
    constexpr double kStep = 1e-6;
    Variables above = at_start, below = at_start;
    move(above, kStep);
    move(below, -kStep);
    const double slope = (evaluate(above).total_loss - evaluate(below).total_loss) / (2 * kStep);
    const double mine = std::accumulate(parts.begin(), parts.end(), 0.0);
    EXPECT_NEAR(mine, slope, 1e-6 * std::abs(slope) + 1e-9) << what;
    for (const double part : parts) EXPECT_GT(std::abs(part), 1e-4 * std::abs(mine)) << what << ": too small to show";
  };
  const auto direction = [](const Tensor& like, size_t t) {
    return Key(14).split(t).normal(like.sizes()).to(at::kDouble);
  };
  const auto amount = [](size_t t) { return 1 + scalar(Key(15).split(t).uniform({1}, 0, 1)); };
  const auto dot = [](const Tensor& a, const Tensor& b) { return scalar((a * b).sum()); };
  const MetaGradient gradient = evaluate(at_start);
  const auto begin = static_cast<size_t>(objective.window.begin), end = static_cast<size_t>(objective.window.end);
  std::vector<double> x, y, log_lr, log_momentum;
  for (size_t t = begin; t < end; ++t) {
    x.push_back(dot(gradient.x[t], direction(gradient.x[t], t)));
    y.push_back(dot(gradient.y[t], direction(gradient.y[t], t)));
    log_lr.push_back(gradient.log_lr[t] * amount(t));
    if (t > 0) log_momentum.push_back(gradient.log_momentum[t] * amount(t));
  }
  expect_slope(x, "x", [&](Variables& at, double e) {
    for (size_t t = begin; t < end; ++t) at.batches[t].x = at.batches[t].x + e * direction(gradient.x[t], t);
  });
  expect_slope(y, "y", [&](Variables& at, double e) {
    for (size_t t = begin; t < end; ++t) at.batches[t].y = at.batches[t].y + e * direction(gradient.y[t], t);
  });
  expect_slope(log_lr, "log lr", [&](Variables& at, double e) {
    for (size_t t = begin; t < end; ++t) at.log_lr[t] += e * amount(t);
  });
  expect_slope(log_momentum, "log momentum", [&](Variables& at, double e) {
    for (size_t t = begin; t < end; ++t) at.log_momentum[t] += e * amount(t);
  });
  if (begin > 0) return;                     // w_begin is no variable of the whole
  EXPECT_EQ(gradient.log_momentum[0], 0.0);  // of v_0 = 0
  const Tensor dw = direction(at_start.w0, 99);
  expect_slope({dot(gradient.w0, dw)}, "w0", [&](Variables& at, double e) { at.w0 = at.w0 + e * dw; });
}

TEST(Optimizer, adjoints_are_the_slopes_of_the_whole_unroll) {
  for (const auto& [optimizer, name] : names_of(InnerOptimizer::sgd))
    for (const MetaObjective& objective :
         {MetaObjective{{0, kInnerSteps}}, MetaObjective{{0, kInnerSteps}, 2}, MetaObjective{{2, 4}},
          MetaObjective{{1, kInnerSteps}, 1, Calibration::all}}) {
      SCOPED_TRACE(testing::Message() << name << ' ' << objective.window.begin << ".." << objective.window.end
                                      << " every " << objective.loss_every);
      expect_slopes(optimizer, objective);
    }
}

// The first step of Adam is a g / (|g| + e): its derivative a e / (|g| + e)^2 is what remains of two terms a million
// times as large, which float32 cannot subtract.
TEST(Optimizer, adjoint_of_the_first_adam_step_survives_float32) {
  const Tensor g = at::tensor({1.0, -0.3, 1e-2, -1e-3, 1e-5, -1e-8}, at::kFloat), w = at::ones({6});
  const LearnerState before = LearnerState::start(w);
  const LearnerState after = advance(before, g.clone(), {0.1, 0.9}, InnerOptimizer::adam);
  StateAdjoint adjoint{at::ones({6}), at::zeros({6})};
  const StepAdjoint step = retreat(before, g, after, {0.1, 0.9}, InnerOptimizer::adam, adjoint);
  EXPECT_TRUE(at::allclose(step.u, -0.1 * 1e-8 / (g.abs() + 1e-8).square(), 1e-5, 0)) << step.u;
}

TEST(Optimizer, gradients_of_zero_leave_zero_and_finite_numbers) {
  for (const InnerOptimizer optimizer : {InnerOptimizer::rmsprop, InnerOptimizer::adam}) {
    const LearnerState before = LearnerState::start(at::ones({2}));
    const LearnerState after = advance(before, at::zeros({2}), {0.1, 0.9}, optimizer);
    EXPECT_TRUE(at::equal(after.w, before.w));
    StateAdjoint adjoint{at::ones({2}), at::zeros({2}), at::ones({2})};
    const StepAdjoint step = retreat(before, at::zeros({2}), after, {0.1, 0.9}, optimizer, adjoint);
    EXPECT_TRUE(at::equal(step.u, at::zeros({2}))) << step.u;
    EXPECT_EQ(step.log_lr, 0.0);
    EXPECT_EQ(step.log_momentum, 0.0);
    EXPECT_TRUE(at::isfinite(adjoint.s).all().item<bool>());
  }
}

// A unit that no synthetic image wakes and every real one does: its parameters stay where they were, the real loss
// reaches them, and nothing of it is blown up by 1 / e.
TEST(Optimizer, a_dead_unit_passes_the_adjoint_on_as_it_is) {
  const auto net = make_net("flatten linear(4) relu linear(classes)", {1, 8, 8}, 3);
  const auto facing = [](const StoredBatches& source, double first_pixel) {
    std::vector<Batch> batches;
    for (int64_t t = 0; t < source.steps(); ++t) {
      batches.push_back(source.batch(t));
      batches.back().x.select(3, 0).select(2, 0).fill_(first_pixel);
    }
    return StoredBatches(std::move(batches));
  };
  const StoredBatches synthetic = facing(make_source(Key(21), kInnerSteps, at::kDouble, 2), -1),
                      real = facing(make_source(Key(22), kInnerSteps + 1, at::kDouble, 9), 1);
  const Tensor w0 = net->initial(Key(23)).to(at::kDouble);
  const Tensor dead = at::zeros_like(w0);
  const Tensors of_unit = net->unpack(w0), dead_parts = net->unpack(dead);
  ASSERT_EQ(of_unit[0].sizes(), at::IntArrayRef({4, 64}));
  of_unit[0][1].zero_();
  of_unit[0][1][0].fill_(1.0);
  of_unit[1][1].zero_();
  dead_parts[0][1].fill_(1.0);
  dead_parts[1][1].fill_(1.0);
  for (const InnerOptimizer optimizer : {InnerOptimizer::rmsprop, InnerOptimizer::adam}) {
    const Schedule schedule{kSizes, optimizer};
    const MetaGradient mine = meta_gradient(*net, w0, synthetic, schedule, real, {{0, kInnerSteps}});
    const LearnerState end = train(*net, LearnerState::start(w0), synthetic, schedule, 0, kInnerSteps);
    EXPECT_TRUE(at::equal(end.w * dead, w0 * dead));
    const Batch judge = real.batch(kInnerSteps);
    const Tensor last = net->evaluation_gradient(end.w, judge.x, judge.y, {synthetic.batch(kInnerSteps - 1).x}).w;
    EXPECT_GT(scalar((last * dead).norm()), 1e-3);
    EXPECT_LT(relative_error(mine.w0 * dead, last * dead), 1e-12);
    const GraphResult oracle = by_autograd(net, w0, synthetic, schedule, real, {{0, kInnerSteps}});
    EXPECT_LT(relative_error(mine.w0, oracle.w0), 1e-9);
    for (size_t t = 0; t < kInnerSteps; ++t) EXPECT_LT(relative_error(mine.x[t], oracle.x[t]), 1e-9) << t;
  }
}

}  // namespace
}  // namespace gtn
