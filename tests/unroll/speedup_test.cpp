// Steps for equal accuracy, training to the end and robustness, on the three rows of row_problem.h.
#include "gtn/unroll/speedup.h"

#include <gtest/gtest.h>

#include <cmath>

#include "gtn/unroll/robustness.h"
#include "gtn/unroll/to_end.h"
#include "tests/unroll/row_problem.h"

namespace gtn {
namespace {

const at::Device kCpu(at::kCPU);

std::vector<RealBudget> budgets(const std::vector<double>& means) {
  std::vector<RealBudget> list;
  int64_t steps = 16;
  for (const double mean : means) {
    list.emplace_back();
    list.back().steps = steps;
    list.back().accuracy.mean = mean;
    steps *= 2;
  }
  return list;
}

TEST(StepsFor, interpolates_in_the_logarithm_and_bounds_beyond_the_ends) {
  const auto list = budgets({50, 60, 58, 80});
  EXPECT_EQ(steps_for(list, 50), std::pair(16.0, Bound::at_most));
  EXPECT_EQ(steps_for(list, 81), std::pair(128.0, Bound::at_least));
  EXPECT_NEAR(steps_for(list, 55).first, 16 * std::sqrt(2.0), 1e-9);
  EXPECT_EQ(steps_for(list, 55).second, Bound::exact);
  EXPECT_NEAR(steps_for(list, 60).first, 32, 1e-9);
  EXPECT_NEAR(steps_for(list, 69).first, 64 * std::sqrt(2.0), 1e-9);
  EXPECT_EQ(steps_for(list, 80).first, 128);
  EXPECT_THROW(steps_for({}, 1), std::out_of_range);
}

Evaluation reached(double mean, size_t learners) {
  Evaluation evaluation;
  evaluation.synthetic.mean = mean;
  evaluation.multipliers.assign(learners, 1);
  evaluation.real_lr.assign(learners, 0.02);
  evaluation.real_momentum.assign(learners, 0.5);
  return evaluation;
}

TEST(Speedup, finds_the_budget_that_is_as_good_and_tunes_on_the_way) {
  const Splits splits = row_splits();
  const std::vector<LearnerPtr> learners{row_linear(), row_normed(), row_linear()};
  const auto measure = [&](double target, int64_t cap) {
    const auto source = real_batches(splits, 32, kCpu)(Key(9));
    return measure_speedup(learners, {*source, make_schedule(2, {0.1, 0.5}, InnerOptimizer::sgd)}, reached(target, 3),
                           32, splits, {.cap = cap, .selection_images = 600}, Key(7), kCpu, {});
  };
  const Speedup found = measure(70, 64);
  EXPECT_EQ(found.bound, Bound::exact);
  ASSERT_GE(found.budgets.size(), 2u);
  EXPECT_GE(found.budgets.back().accuracy.mean, 70);
  EXPECT_LT(found.budgets[found.budgets.size() - 2].accuracy.mean, 70);
  EXPECT_LE(found.steps, static_cast<double>(found.budgets.back().steps));
  EXPECT_GT(found.steps, static_cast<double>(found.budgets.back().steps) / 2);
  EXPECT_EQ(found.ratio, found.steps / 2);
  EXPECT_GT(found.budgets[0].lr[0], 0.02);  // so few steps want larger ones
  EXPECT_EQ(found.budgets[0].lr[0], found.budgets[0].lr[2]);

  const Speedup capped = measure(100, 3);
  EXPECT_EQ(capped.budgets.size(), 2u);  // 2 and 4 steps; 8 would be 4 times as many
  EXPECT_EQ(capped.bound, Bound::at_least);
  EXPECT_EQ(capped.steps, 4);
  const Speedup at_once = measure(5, 64);
  EXPECT_EQ(at_once.budgets.size(), 1u);
  EXPECT_EQ(at_once.bound, Bound::at_most);
  EXPECT_EQ(measure(70, 64).steps, found.steps);
}

TEST(ToEnd, more_and_truer_images_are_better_and_the_order_is_the_keys) {
  const Splits splits = row_splits();
  const ToEndConfig config{.steps = 100, .batch = 16, .lr = {1e-6, 0.1}, .selection_images = 600};
  const auto run = [&](int64_t images, bool shuffled) {
    const Batch batch = slice(splits.train, splits.normalization, 0, images);
    const ImageSet set{batch.x, shuffled ? batch.y.index_select(0, Key(4).permutation(images)) : batch.y};
    return train_to_end({row_linear(), row_linear()}, set, splits, config, Key(1), kCpu, {});
  };
  const TunedCurve many = run(600, false);
  EXPECT_EQ(many.lr, (std::vector{0.1, 0.1}));
  EXPECT_GT(many.curve.mean, run(6, false).curve.mean);
  EXPECT_LT(run(600, true).curve.mean, 60);
  EXPECT_EQ(run(600, false).curve.finals, many.curve.finals);
}

// A learner that was taught well.
Trained expert(const LearnerPtr& learner, const Splits& splits) {
  const auto source = real_batches(splits, 32, kCpu)(Key(9));
  const Schedule schedule = make_schedule(60, {0.1, 0.5}, InnerOptimizer::sgd);
  const Tensor w = train(*learner, LearnerState::start(learner->initial(Key(1))), *source, schedule, 0, 60).w;
  return {*learner, w, learner->calibrate(w, {source->batch(59).x})};
}

TEST(Robustness, nothing_changes_nothing_and_more_of_a_disturbance_is_worse) {
  using enum Disturbance::Kind;
  const Splits splits = row_splits();
  for (const LearnerPtr& learner : {row_linear(), row_normed()}) {
    const Trained trained = expert(learner, splits);
    const auto under = [&](Disturbance::Kind kind, double amount) {
      return accuracy_under(trained, splits.test, splits.normalization, 700, {kind, amount}, Key(3), kCpu);
    };
    const double clean =
        accuracy(trained.learner, trained.w, trained.statistics, splits.test, splits.normalization, 700, kCpu);
    EXPECT_NEAR(under(none, 0), clean, 0.3);
    EXPECT_NEAR(under(noise, 1e-6), clean, 0.3);
    EXPECT_GT(clean, under(noise, 0.3) + 3);
    EXPECT_GT(under(noise, 0.3), under(noise, 3) + 3);
    double last = clean;
    for (const double epsilon : {0.02, 0.05, 0.1, 0.2}) {
      EXPECT_LT(under(fgsm, epsilon), last) << epsilon;
      last = under(fgsm, epsilon);
    }
    EXPECT_LT(last, 20);                    // far below chance: the gradient knows the class
    EXPECT_LT(under(blur, 7), clean - 10);  // wider than the image: the rows are gone
    EXPECT_EQ(under(noise, 0.3), under(noise, 0.3));
  }
}

TEST(Robustness, disturbed_pixels_are_what_they_are_said_to_be) {
  using enum Disturbance::Kind;
  const Splits splits = row_splits();
  const LearnerPtr learner = row_linear();
  const Trained trained = expert(learner, splits);
  const Batch batch = slice(splits.test, splits.normalization, 0, 50);
  const Tensor pixels = splits.test.images.narrow(0, 0, 50).to(at::kFloat) / 255;
  const auto after = [&](Disturbance::Kind kind, double amount) {
    return disturbed(trained, batch, splits.normalization, {kind, amount}, Key(3));
  };
  EXPECT_LT(scalar((after(none, 0) - pixels).abs().max()), 1e-5);
  const Tensor moved = after(fgsm, 0.01) - pixels;
  EXPECT_LT(scalar(moved.abs().max()), 0.01 + 1e-5);
  EXPECT_GT(scalar(moved.abs().mean()), 0.009);  // all but what leaves [0, 1]
  EXPECT_NEAR(scalar((after(noise, 0.05) - pixels).std()), 0.05, 0.005);
  const Tensor corner = pixels.slice(2, 0, 2).slice(3, 0, 2).mean({1, 2, 3});
  EXPECT_LT(scalar((after(blur, 3).select(2, 0).select(2, 0).flatten() - corner).abs().max()), 1e-5);
  EXPECT_EQ((Disturbance{noise, 0.1}.name()), "noise 0.1");
}

TEST(Robustness, stands_beside_the_same_architecture_trained_normally) {
  const Splits splits = row_splits();
  const std::vector<LearnerPtr> learners{row_linear(), row_normed(), row_linear()};
  const auto source = real_batches(splits, 32, kCpu)(Key(9));
  const RobustnessConfig config{.images = 300, .real_steps = 40, .real_lr = {1e-6, 0.1}};
  const auto run = [&] {
    return measure_robustness(learners, {*source, make_schedule(6, {0.1, 0.5}, InnerOptimizer::sgd)}, reached(50, 3),
                              32, splits, config, Key(7), kCpu, {});
  };
  const Robustness a = run();
  ASSERT_EQ(a.rows.size(), config.disturbances.size());
  EXPECT_EQ(a.real_lr, (std::vector{0.1, 0.1, 0.1}));
  EXPECT_EQ(a.rows[0].synthetic.finals.size(), 3u);
  EXPECT_GT(a.rows[0].real.mean, a.rows[0].synthetic.mean);  // more steps
  EXPECT_LT(a.rows.back().real.mean, a.rows[0].real.mean);
  EXPECT_EQ(run().rows[3].real.finals, a.rows[3].real.finals);
}

}  // namespace
}  // namespace gtn
