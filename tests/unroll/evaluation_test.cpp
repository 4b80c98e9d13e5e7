// The evaluator on the three rows of row_problem.h.
#include "gtn/unroll/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/core/threads.h"
#include "tests/unroll/row_problem.h"

namespace gtn {
namespace {

constexpr int64_t kCurriculumSteps = 6;
const at::Device kCpu(at::kCPU);

Splits make_splits(bool random_test_labels = false) { return row_splits(random_test_labels); }
LearnerPtr linear() { return row_linear(); }
LearnerPtr normed() { return row_normed(); }

RealSource teaching_batches(const Splits& splits) {
  return {splits.train, splits.normalization, 32, Key(9), Sampling::with_replacement, kCpu};
}

Schedule constant(double lr) { return {std::vector<StepSize>(kCurriculumSteps, StepSize{lr, 0.5})}; }

// Few choices: the tests that need all of them say so.
EvaluationConfig quick() {
  return {.selection_images = 600, .curve_images = 200, .multipliers = {1, 4}, .lr = {0.01, 0.1}, .momentum = {0.5}};
}

Evaluation run(const std::vector<LearnerPtr>& learners, double lr, const Splits& splits, const EvaluationConfig& config,
               uint64_t seed = 7) {
  const RealSource source = teaching_batches(splits);
  return evaluate(learners, {source, constant(lr)}, 32, splits, config, Key(seed), kCpu, {});
}

TEST(Accuracy, is_a_direct_count) {
  const Splits splits = make_splits();
  const LearnerPtr learner = normed();
  const Tensor w = learner->initial(Key(4));
  const Statistics statistics = learner->calibrate(w, {slice(splits.train, splits.normalization, 0, 50).x});
  // 700 images are more than one chunk, and more than there are is all.
  for (const int64_t count : {1, 7, 500, 501, 700, 100000}) {
    const int64_t judged = std::min<int64_t>(count, 700);
    int64_t right = 0;
    for (int64_t i = 0; i < judged; ++i) {
      const Tensor x = slice(splits.test, splits.normalization, i, 1).x;
      right += learner->logits(w, x, statistics).argmax(1).item<int64_t>() == splits.test.labels[i].item<int64_t>();
    }
    EXPECT_NEAR(accuracy(*learner, w, statistics, splits.test, splits.normalization, count, kCpu),
                100.0 * static_cast<double>(right) / static_cast<double>(judged), 1e-9)
        << count;
  }
}

TEST(FinalAccuracy, judges_after_the_last_step_with_the_statistics_of_the_last_batch) {
  const Splits splits = make_splits();
  const LearnerPtr learner = normed();
  const RealSource source = teaching_batches(splits);
  const Schedule schedule = constant(0.05);
  const Tensor w0 = learner->initial(Key(5).split("initial"));
  const Tensor w = train(*learner, LearnerState::start(w0), source, schedule, 0, kCurriculumSteps).w;
  const Statistics statistics = learner->calibrate(w, {source.batch(kCurriculumSteps - 1).x});
  EXPECT_EQ(final_accuracy(*learner, {source, schedule}, Key(5), splits.validation, splits.normalization, 400, kCpu),
            accuracy(*learner, w, statistics, splits.validation, splits.normalization, 400, kCpu));
}

void expect_summary(const AccuracyCurve& curve, size_t learners) {
  ASSERT_EQ(curve.finals.size(), learners);
  ASSERT_EQ(curve.curve.size(), static_cast<size_t>(kCurriculumSteps + 1));
  ASSERT_EQ(curve.curve_std.size(), static_cast<size_t>(kCurriculumSteps + 1));
  double sum = 0, squares = 0;
  for (const double value : curve.finals) sum += value;
  const double n = static_cast<double>(learners), mean = sum / n;
  for (const double value : curve.finals) squares += (value - mean) * (value - mean);
  EXPECT_NEAR(curve.mean, mean, 1e-9);
  EXPECT_NEAR(curve.std, learners > 1 ? std::sqrt(squares / (n - 1)) : 0, 1e-9);
  EXPECT_EQ(curve.curve.back(), curve.mean);
  EXPECT_EQ(curve.curve_std.back(), curve.std);
}

TEST(Evaluate, curves_have_an_entry_before_and_after_every_step_and_their_statistics_are_those_of_the_finals) {
  const Evaluation result = run({linear(), normed(), linear()}, 0.05, make_splits(), quick());
  for (const AccuracyCurve* curve : {&result.plain, &result.synthetic, &result.real}) {
    expect_summary(*curve, 3);
    EXPECT_GT(curve->std, 0);
    EXPECT_GT(curve->mean, curve->curve[0] + 10);  // it learned
  }
  // Before the first step the three are the same learners.
  EXPECT_EQ(result.plain.curve[0], result.real.curve[0]);
  EXPECT_EQ(result.plain.curve[0], result.synthetic.curve[0]);
  expect_summary(run({linear()}, 0.05, make_splits(), quick()).plain, 1);
}

TEST(Evaluate, a_lesson_may_have_a_multiplier_of_its_own_for_a_learner) {
  const Splits splits = make_splits();
  const RealSource source = teaching_batches(splits);
  const LearnerPtr one = linear(), other = normed();
  EvaluationConfig config = quick();
  config.multipliers = {1};
  config.lr = {1e-7};
  const MultiplierOf multiplier = [&](const std::string& text) { return text == one->text() ? 5e4 : 7; };
  const Evaluation result =
      evaluate({one, other}, {source, constant(1e-6), multiplier}, 32, splits, config, Key(7), kCpu, {});
  EXPECT_EQ(result.taught_by[0], StepChoice{5e4});
  EXPECT_NE(result.taught_by[1], StepChoice{5e4});
  config.multipliers = {1, 5e4};
  const Evaluation listed = evaluate({one}, {source, constant(1e-6)}, 32, splits, config, Key(7), kCpu, {});
  EXPECT_EQ(result.synthetic.finals[0], listed.synthetic.finals[0]);
  EXPECT_GT(result.synthetic.finals[0], result.plain.finals[0] + 10);
}

TEST(Evaluate, real_data_is_trained_on_by_the_optimizer_of_the_lesson) {
  const Splits splits = make_splits();
  const LearnerPtr learner = normed();
  const RealSource source = teaching_batches(splits);
  Schedule schedule = constant(0.02);
  schedule.optimizer = InnerOptimizer::adam;
  EvaluationConfig config = quick();
  config.lr = {0.03};
  const Evaluation result = evaluate({learner}, {source, schedule}, 32, splits, config, Key(7), kCpu, {});
  const Key key = Key(7).split("test").split(0);
  const RealSource real(splits.train, splits.normalization, 32, key.split("real"), Sampling::with_replacement, kCpu);
  for (StepSize& size : schedule.sizes) size.lr = 0.03;
  EXPECT_EQ(result.real.mean,
            final_accuracy(*learner, {real, schedule}, key, splits.test, splits.normalization, 700, kCpu));
}

TEST(Evaluate, the_curve_judges_every_step_with_the_statistics_of_the_batch_just_taken) {
  const Splits splits = make_splits();
  const LearnerPtr learner = normed();
  const RealSource source = teaching_batches(splits);
  const Tensor w0 = learner->initial(Key(7).split("test").split(0).split("initial"));
  std::vector<double> curve;
  const auto judge = [&](const Tensor& w, int64_t batch, int64_t count) {
    const Statistics statistics = learner->calibrate(w, {source.batch(batch).x});
    curve.push_back(accuracy(*learner, w, statistics, splits.test, splits.normalization, count, kCpu));
  };
  judge(w0, 0, 200);  // no batch was taken yet: the first one serves
  train(*learner, LearnerState::start(w0), source, constant(0.3), 0, kCurriculumSteps,
        [&](int64_t taken, const LearnerState& state) {
          judge(state.w, taken - 1, taken == kCurriculumSteps ? 700 : 200);
        });
  EXPECT_EQ(run({learner}, 0.3, splits, quick()).plain.curve, curve);
}

TEST(Evaluate, a_learner_is_tuned_once_and_every_entry_is_a_fresh_one) {
  const Evaluation result = run({linear(), normed(), linear()}, 0.05, make_splits(), quick());
  ASSERT_EQ(result.taught_by.size(), 3u);
  EXPECT_EQ(result.taught_by[0], result.taught_by[2]);
  EXPECT_EQ(result.real_lr[0], result.real_lr[2]);
  EXPECT_EQ(result.real_momentum, (std::vector<double>{0.5, 0.5, 0.5}));
  EXPECT_NE(result.plain.finals[0], result.plain.finals[2]);
}

TEST(Evaluate, depends_on_its_key_alone) {
  const Splits splits = make_splits();
  const auto numbers = [&](uint64_t seed) {
    const Evaluation e = run({linear(), normed()}, 0.05, splits, quick(), seed);
    return std::vector{e.plain.curve, e.synthetic.curve, e.real.curve, e.plain.finals, e.real.finals, e.real_lr};
  };
  EXPECT_EQ(numbers(7), numbers(7));
  EXPECT_NE(numbers(7), numbers(8));
}

TEST(Evaluate, finds_the_multiplier_that_mends_the_schedule) {
  const Splits splits = make_splits();
  EvaluationConfig config = quick();
  config.multipliers = {0.25, 0.5, 1, 2, 4};
  // The best step size is 0.6 or so for either learner; 4 makes the second one useless.
  const Evaluation slow = run({linear()}, 0.08, splits, config);
  EXPECT_EQ(slow.taught_by, std::vector<StepChoice>{{4}});
  EXPECT_GT(slow.synthetic.mean, slow.plain.mean + 8);
  const Evaluation fast = run({normed()}, 4, splits, config);
  EXPECT_EQ(fast.taught_by, std::vector<StepChoice>{{0.25}});
}

TEST(Evaluate, offers_the_curriculum_the_step_sizes_that_real_data_has) {
  EvaluationConfig config = quick();
  config.multipliers = {1, 2};
  config.lr = {0.01, 0.6};
  // The learned step sizes are far too small, times two as well.
  const Evaluation result = run({linear(), normed()}, 1e-4, make_splits(), config);
  for (const StepChoice& choice : result.taught_by) {
    ASSERT_TRUE(choice.constant);
    EXPECT_EQ(choice.constant->lr, 0.6);
    EXPECT_EQ(choice.constant->momentum, 0.5);
  }
  // Taught by real batches of one order, at real data's step size.
  EXPECT_NEAR(result.synthetic.mean, result.real.mean, 8);
  EXPECT_GT(result.synthetic.mean, result.plain.mean + 15);
}

TEST(Evaluate, without_a_choice_the_synthetic_curve_is_the_plain_one) {
  EvaluationConfig config = quick();
  config.multipliers = {1};
  config.lr = {1e-6};
  const Evaluation result = run({normed()}, 0.05, make_splits(), config);
  EXPECT_EQ(result.synthetic.curve, result.plain.curve);
}

TEST(Evaluate, chooses_without_reading_the_test_split) {
  EvaluationConfig config = quick();
  // The best of these stands in the middle of its list, so that it is not what a blind choice would be.
  config.multipliers = {0.25, 1, 4, 64};
  config.lr = {0.01, 0.1, 0.5, 20, 100};
  config.momentum = {0.5, 0.9};
  const std::vector<LearnerPtr> learners{linear(), normed()};
  const Evaluation honest = run(learners, 0.16, make_splits(), config);
  const Evaluation shuffled = run(learners, 0.16, make_splits(true), config);
  EXPECT_EQ(honest.taught_by, shuffled.taught_by);
  for (const StepChoice& choice : honest.taught_by) EXPECT_NE(choice, StepChoice{config.multipliers.front()});
  EXPECT_EQ(honest.real_lr, shuffled.real_lr);
  EXPECT_EQ(honest.real_momentum, shuffled.real_momentum);
  EXPECT_GT(honest.real.mean, 60);
  EXPECT_LT(shuffled.real.mean, 45);  // chance is 33
}

TEST(Evaluate, small_learners_side_by_side_have_the_bits_of_one_thread) {
  const auto evaluated = [](int threads) {
    const Threads scope(threads);
    return run({linear(), normed(), linear()}, 0.05, make_splits(), quick());
  };
  const Evaluation one = evaluated(1), two = evaluated(2);
  EXPECT_EQ(one.plain.curve, two.plain.curve);
  EXPECT_EQ(one.synthetic.curve, two.synthetic.curve);
  EXPECT_EQ(one.real.finals, two.real.finals);
  EXPECT_EQ(one.real_lr, two.real_lr);
  EXPECT_EQ(one.taught_by, two.taught_by);
}

TEST(Evaluate, reports_its_progress_to_the_end) {
  const Splits splits = make_splits();
  const RealSource source = teaching_batches(splits);
  std::vector<int64_t> done;
  int64_t total = 0;
  evaluate({linear(), linear(), normed()}, {source, constant(0.05)}, 32, splits, quick(), Key(7), kCpu,
           [&](int64_t taken, int64_t of) {
             done.push_back(taken);
             total = of;
           });
  // Two architectures, each with four ways to take the curriculum, of which three are tried again, and two on real
  // data; three learners, each with up to three curves.
  EXPECT_EQ(total, 2 * (4 + 3 * 3 + 2 + 2 * 3) + 3 * 3);
  EXPECT_TRUE(std::ranges::is_sorted(done));
  EXPECT_GE(done.back(), total - 3);  // a multiplier of one is the plain curve once more
  EXPECT_LE(done.back(), total);
}

}  // namespace
}  // namespace gtn
