// Steps for equal accuracy and training to the end, on the three rows of row_problem.h.
#include "gtn/unroll/speedup.h"

#include <gtest/gtest.h>

#include <cmath>

#include "gtn/unroll/to_end.h"
#include "tests/unroll/row_problem.h"

namespace gtn {
namespace {

const at::Device kProcessor(at::kCPU);

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

// What an evaluation of these learners would have chosen.
Evaluation chosen(size_t learners) {
  Evaluation evaluation;
  evaluation.taught_by.resize(learners);
  evaluation.real_lr.assign(learners, 0.4);
  evaluation.real_momentum.assign(learners, 0.5);
  return evaluation;
}

// A curriculum of two steps at this step size: real batches of 600 images, so that real ones of 32 need more steps.
Speedup measure(double lr, int64_t cap, const Splits& splits) {
  const std::vector<LearnerPtr> learners{row_linear(), row_normed(), row_linear()};
  const auto source = real_batches(splits, 600, kProcessor)(Key(9));
  const Schedule schedule = make_schedule(2, {lr, 0.5}, InnerOptimizer::sgd);
  return measure_speedup(learners, {*source, schedule}, chosen(3), 32, splits, {.cap = cap, .selection_images = 600},
                         Key(7), kProcessor, {});
}

TEST(Speedup, finds_the_budget_that_is_as_good_and_tunes_on_the_way) {
  const Splits splits = row_splits();
  const Speedup found = measure(1, 64, splits);
  EXPECT_EQ(found.bound, Bound::exact);
  ASSERT_GE(found.budgets.size(), 2u);
  EXPECT_GE(found.budgets.back().accuracy.mean, found.target.mean);
  EXPECT_LT(found.budgets[found.budgets.size() - 2].accuracy.mean, found.target.mean);
  EXPECT_LE(found.steps, static_cast<double>(found.budgets.back().steps));
  EXPECT_GT(found.steps, static_cast<double>(found.budgets.back().steps) / 2);
  EXPECT_EQ(found.ratio, found.steps / 2);
  EXPECT_EQ(found.found.steps, std::llround(found.steps));
  EXPECT_GT(found.found.accuracy.mean, found.target.mean - 6);  // better where the step size was still on its way
  EXPECT_EQ(found.found.accuracy.finals.size(), 3u);
  EXPECT_NE(found.budgets.back().lr, std::vector(3, 0.4));  // longer trainings want other step sizes
  EXPECT_EQ(found.budgets[0].lr[0], found.budgets[0].lr[2]);
  EXPECT_EQ(measure(1, 64, splits).steps, found.steps);
}

TEST(Speedup, is_a_bound_where_the_search_ends_early) {
  const Splits splits = row_splits();
  const Speedup capped = measure(1, 1, splits);
  EXPECT_EQ(capped.budgets.size(), 1u);
  EXPECT_EQ(capped.bound, Bound::at_least);
  EXPECT_EQ(capped.steps, 2);
  EXPECT_EQ(capped.found.steps, 2);
  const Speedup at_once = measure(1e-6, 64, splits);
  EXPECT_EQ(at_once.budgets.size(), 1u);
  EXPECT_EQ(at_once.bound, Bound::at_most);
}

TEST(Speedup, reads_the_test_split_at_its_end_alone) {
  const Speedup honest = measure(1, 64, row_splits()), shuffled = measure(1, 64, row_splits(true));
  EXPECT_EQ(honest.target.finals, shuffled.target.finals);
  EXPECT_EQ(honest.steps, shuffled.steps);
  EXPECT_EQ(honest.found.lr, shuffled.found.lr);
  EXPECT_EQ(honest.found.decays, shuffled.found.decays);
  EXPECT_GT(honest.found.accuracy.mean, 50);
  EXPECT_LT(shuffled.found.accuracy.mean, 45);  // chance is 33
}

TEST(ToEnd, more_and_truer_images_are_better_and_the_order_is_the_keys) {
  const Splits splits = row_splits();
  const ToEndConfig config{.steps = 100, .batch = 16, .lr = {1e-6, 0.1}, .selection_images = 600};
  const auto run = [&](int64_t images, bool shuffled) {
    const Batch batch = slice(splits.train, splits.normalization, 0, images);
    const ImageSet set{batch.x, shuffled ? batch.y.index_select(0, Key(4).permutation(images)) : batch.y};
    return train_to_end({row_linear(), row_linear()}, set, splits, config, Key(1), kProcessor, {});
  };
  const TunedCurve many = run(600, false);
  EXPECT_EQ(many.lr, (std::vector{0.1, 0.1}));
  EXPECT_GT(many.curve.mean, run(6, false).curve.mean);
  EXPECT_LT(run(600, true).curve.mean, 60);
  EXPECT_EQ(run(600, false).curve.finals, many.curve.finals);
}

}  // namespace
}  // namespace gtn
