// Schedules, experts and controls, on the three rows of row_problem.h.
#include "gtn/unroll/tuning.h"

#include <gtest/gtest.h>

#include "gtn/unroll/evaluation.h"
#include "gtn/unroll/experts.h"
#include "tests/unroll/row_problem.h"

namespace gtn {
namespace {

TEST(Schedule, cosine_begins_at_its_size_and_ends_near_zero) {
  const Schedule schedule = make_schedule(8, {0.4, 0.9}, InnerOptimizer::adam, Decay::cosine);
  EXPECT_EQ(steps_of(schedule), 8);
  EXPECT_EQ(schedule.optimizer, InnerOptimizer::adam);
  const Schedule flat = make_schedule(8, {0.4, 0.9}, InnerOptimizer::sgd);
  double last = 1;
  for (size_t t = 0; t < 8; ++t) {
    EXPECT_LT(schedule.sizes[t].lr, last);
    EXPECT_EQ(schedule.sizes[t].momentum, 0.9);
    EXPECT_EQ(flat.sizes[t].lr, 0.4);
    last = schedule.sizes[t].lr;
  }
  EXPECT_EQ(schedule.sizes[0].lr, 0.4);
  EXPECT_NEAR(schedule.sizes[4].lr, 0.2, 1e-12);
  EXPECT_EQ(scaled(schedule, 3).sizes[4].lr, 3 * schedule.sizes[4].lr);
}

TEST(Schedule, adaptive_optimizers_try_smaller_steps) {
  const std::vector<double> sgd{0.5, 0.01};
  EXPECT_EQ(step_sizes_for(InnerOptimizer::sgd, sgd), sgd);
  for (const auto optimizer : {InnerOptimizer::adam, InnerOptimizer::rmsprop})
    EXPECT_DOUBLE_EQ(step_sizes_for(optimizer, sgd)[1], 0.001);
}

TEST(Tuner, a_single_choice_is_not_tried_and_the_best_of_several_is_chosen) {
  const Splits splits = row_splits();
  const std::vector<LearnerPtr> learners{row_linear(), row_linear()};
  const auto source = real_batches(splits, 32, at::kCPU);
  const auto at_lr = [&](double lr) { return Teaching{source, make_schedule(6, {lr, 0.5}, InnerOptimizer::sgd)}; };
  int64_t trainings = 0;
  const Progress count = [&](int64_t done, int64_t) { trainings = done; };
  Tuner one(splits, 600, 32, Key(1), at::kCPU, count);
  const auto single = [&](size_t) { return std::vector{at_lr(0.3)}; };
  const Judged only = tune_and_judge(one, learners, single, splits.test);
  EXPECT_EQ(trainings, 2);
  Tuner three(splits, 600, 32, Key(1), at::kCPU, count);
  const auto several = [&](size_t) { return std::vector{at_lr(1e-5), at_lr(0.3), at_lr(1e-4)}; };
  const Judged best = tune_and_judge(three, learners, several, splits.test);
  EXPECT_EQ(trainings, 3 + 9 + 2);
  EXPECT_EQ(best.chosen, (std::vector<size_t>{1, 1}));
  EXPECT_EQ(best.accuracy.finals, only.accuracy.finals);  // the same learners, the same batches
}

TEST(Experts, their_labels_are_distributions_that_know_the_classes_and_depend_on_the_key_alone) {
  const Splits splits = row_splits();
  const ExpertConfig config{.count = 2, .training = {.steps = 60, .batch = 32}};
  const auto labels = [&](uint64_t seed, double temperature) {
    const auto experts = train_experts(*row_normed(), splits, config, Key(seed));
    EXPECT_EQ(experts.size(), 2u);
    return soft_labels(*row_normed(), experts, splits.validation, splits.normalization, temperature);
  };
  const Tensor one = labels(1, 1);
  EXPECT_EQ(shape_of(one), (Shape{600, kRowClasses}));
  EXPECT_LT(scalar((one.sum(1) - 1).abs().max()), 1e-5);
  const Tensor right = (one.argmax(1) == splits.validation.labels).to(at::kFloat).mean();
  EXPECT_GT(scalar(right), 0.8);
  EXPECT_TRUE(at::equal(one, labels(1, 1)));
  EXPECT_FALSE(at::equal(one, labels(2, 1)));
  EXPECT_LT(scalar(std::get<0>(labels(1, 4).max(1)).mean()), scalar(std::get<0>(one.max(1)).mean()));
}

TEST(Evaluate, controls_are_tuned_as_real_data_is_and_depend_on_the_key_alone) {
  const Splits splits = row_splits();
  const Batch images = slice(splits.train, splits.normalization, 0, 192);
  const Control good{"good", {{images.x, images.y}}};
  const Control bad{"bad", {{images.x, images.y.roll(1, 1)}}};  // every label is wrong
  const Control mixed{"mixed", {bad.variants[0], good.variants[0], bad.variants[0]}};
  const auto source = real_batches(splits, 32, at::kCPU)(Key(9));
  const EvaluationConfig config{.multipliers = {1}, .lr = {1e-6, 0.1}, .momentum = {0.5}};
  const auto run = [&] {
    return evaluate({row_linear(), row_linear()}, {*source, make_schedule(6, {0.1, 0.5}, InnerOptimizer::sgd)}, 32,
                    splits, config, Key(7), at::kCPU, {}, {good, bad, mixed});
  };
  const Evaluation a = run(), b = run();
  ASSERT_EQ(a.controls.size(), 3u);
  EXPECT_EQ(a.controls[0].lr, (std::vector{0.1, 0.1}));
  EXPECT_GT(a.controls[0].curve.mean, a.real.curve[0] + 10);
  EXPECT_LT(a.controls[1].curve.mean, a.controls[0].curve.mean - 10);
  EXPECT_EQ(a.controls[0].curve.curve.size(), 7u);
  EXPECT_EQ(a.controls[0].curve.curve, b.controls[0].curve.curve);
  // Of several variants validation takes the best, with a step size of its own.
  EXPECT_EQ(a.controls[2].variants, (std::vector<size_t>{1, 1}));
  EXPECT_EQ(a.controls[2].lr, a.controls[0].lr);
  EXPECT_EQ(a.controls[2].curve.curve, a.controls[0].curve.curve);
  EXPECT_NE(a.controls[0].curve.finals[0], a.controls[0].curve.finals[1]);
}

TEST(Evaluate, controls_are_trained_on_by_the_optimizer_of_the_lesson) {
  const Splits splits = row_splits();
  const Batch images = slice(splits.train, splits.normalization, 0, 192);
  const Control control{"some", {{images.x, images.y}}};
  const auto source = real_batches(splits, 32, at::kCPU)(Key(9));
  const EvaluationConfig config{.multipliers = {1}, .lr = {0.03}, .momentum = {0.5}};
  const LearnerPtr learner = row_normed();
  const auto schedule = [](InnerOptimizer optimizer) { return make_schedule(6, {0.03, 0.5}, optimizer); };
  const Evaluation result = evaluate({learner}, {*source, schedule(InnerOptimizer::adam)}, 32, splits, config, Key(7),
                                     at::kCPU, {}, {control});
  const Key key = Key(7).split("test").split(0);
  const auto batches = set_batches(control.variants[0], 32)(key);
  const auto by = [&](InnerOptimizer optimizer) {
    return final_accuracy(*learner, {*batches, schedule(optimizer)}, key, splits.test, splits.normalization, 700,
                          at::kCPU);
  };
  EXPECT_EQ(result.controls[0].curve.mean, by(InnerOptimizer::adam));
  EXPECT_NE(result.controls[0].curve.mean, by(InnerOptimizer::sgd));
}

}  // namespace
}  // namespace gtn
