// Estimates by short trainings, on the three rows of row_problem.h, against the same trainings done one by one.
#include "gtn/search/training_estimator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <stdexcept>

#include "gtn/core/side_by_side.h"
#include "tests/search/estimator_contract.h"
#include "tests/unroll/row_problem.h"

namespace gtn {
namespace {

constexpr int64_t kBatch = 16, kImages = 300;
constexpr auto kSgd = InnerOptimizer::sgd;

std::shared_ptr<const Net> normed_net() {
  return make_net("conv(4) norm(batch) tanh flatten linear(classes)", {1, 4, 4}, kRowClasses);
}

Teaching at_size(const SourceOf& source, int64_t steps, double lr) {
  return {source, make_schedule(steps, {lr, 0.5}, kSgd)};
}

EstimatorPtr make_estimator(const Splits& splits, std::vector<Teaching> choices, int64_t seeds = 1) {
  return training_estimator("short", std::move(choices), kBatch, {.seeds = seeds, .images = kImages}, splits, at::kCPU);
}

std::vector<double> scores_of(const std::vector<Estimate>& estimates) {
  std::vector<double> scores;
  for (const Estimate& estimate : estimates) scores.push_back(estimate.score);
  return scores;
}

// The mean accuracy on the first `images` after a training of exactly so many steps.
double mean_accuracy(const Net& net, const Splits& splits, int64_t steps, double lr, int64_t seeds, const Key& key,
                     int64_t images) {
  double sum = 0;
  for (int64_t seed = 0; seed < seeds; ++seed) {
    const Key own = key.split(static_cast<uint64_t>(seed));
    const auto source = real_batches(splits, kBatch, at::kCPU)(own);
    sum += final_accuracy(net, {*source, make_schedule(steps, {lr, 0.5}, kSgd)}, own, splits.validation,
                          splits.normalization, images, at::kCPU);
  }
  return sum / static_cast<double>(seeds);
}

TEST(TrainingEstimator, is_the_choice_that_wins_the_race_to_each_fidelity_as_if_trained_for_it_alone) {
  const Splits splits = row_splits();
  const auto net = normed_net();
  const SourceOf source = real_batches(splits, kBatch, at::kCPU);
  const std::vector<double> sizes{0.3, 0.003, 0.05};
  std::vector<Teaching> choices;
  for (const double lr : sizes) choices.push_back(at_size(source, 12, lr));
  const std::vector<int64_t> fidelities{1, 5, 12};
  const Key key(4);
  const auto estimates = make_estimator(splits, choices, 2)->estimate(*net, fidelities, key);
  ASSERT_EQ(estimates.size(), 3u);
  const auto mean = [&](double lr, int64_t steps, int64_t images) {
    return mean_accuracy(*net, splits, steps, lr, 2, key, images);
  };
  for (size_t i = 0; i < fidelities.size(); ++i) {
    const int64_t steps = fidelities[i];
    std::vector<double> left = sizes, means;
    const auto contest = [&](int64_t mark) { return [&, mark](double lr) { return mean(lr, mark, kImages / 8); }; };
    if (steps == 12) left.erase(std::ranges::min_element(left, {}, contest(6)));
    for (const double lr : sizes) means.push_back(mean(lr, steps, kImages));
    EXPECT_EQ(estimates[i].score, mean(*std::ranges::max_element(left, {}, contest(steps)), steps, kImages));
    EXPECT_NE(std::ranges::min(means), std::ranges::max(means));
    EXPECT_EQ(estimates[i].cost.steps, 2 * (steps == 12 ? 6 + 12 + 12 : 3 * steps));
    EXPECT_EQ(estimates[i].cost.images, estimates[i].cost.steps * kBatch);
    EXPECT_GT(estimates[i].cost.seconds, 0);
  }
}

TEST(TrainingEstimator, keeps_the_contract_of_estimators) {
  const Splits splits = row_splits();
  const SourceOf source = real_batches(splits, kBatch, at::kCPU);
  expect_estimator_contract(*make_estimator(splits, {at_size(source, 5, 0.1), at_size(source, 5, 0.01)}, 2),
                            *normed_net());
}

// Counts what is asked of it. One for all learners of a test, from one thread.
class CountedSource final : public BatchSource {
 public:
  explicit CountedSource(std::shared_ptr<const BatchSource> source) : source_(std::move(source)) {}
  Batch batch(int64_t step) const override {
    ++asked;
    last = std::max(last, step);
    return source_->batch(step);
  }
  int64_t steps() const override { return -1; }

  mutable int64_t asked = 0, last = -1;

 private:
  std::shared_ptr<const BatchSource> source_;
};

TEST(TrainingEstimator, trains_each_choice_once_and_no_further_than_asked) {
  const Splits splits = row_splits();
  const CountedSource source(real_batches(splits, kBatch, at::kCPU)(Key(1)));
  const auto estimator =
      make_estimator(splits, taught_choices({source, make_schedule(20, {0.1, 0.5}, kSgd)}, {1, 2}), 3);
  EXPECT_EQ(estimator->steps(), 20);
  EXPECT_EQ(estimator->name(), "short");
  estimator->estimate(*normed_net(), std::vector<int64_t>{2, 4, 8}, Key(2));
  EXPECT_EQ(source.last, 7);
  // One of two drops out after four steps; the last batch is asked for again in each contest and judgement.
  EXPECT_EQ(source.asked, 3 * (8 + 4) + 2 * 3 * 2 + 3 * 3);
}

TEST(TrainingEstimator, a_lesson_may_have_a_multiplier_of_its_own_for_a_candidate) {
  const Splits splits = row_splits();
  const auto net = normed_net();
  const auto source = real_batches(splits, kBatch, at::kCPU)(Key(1));
  Lesson lesson{*source, make_schedule(12, {1e-6, 0.5}, kSgd)};
  EXPECT_FALSE(own_choice(lesson));
  lesson.multiplier = [&](const std::string& text) { return text == net->text() ? 5e4 : 1; };
  const auto estimate = [&](const std::vector<double>& multipliers, const TeachingFor& own, const Net& candidate) {
    return training_estimator("own", taught_choices(lesson, multipliers), kBatch, {.images = kImages}, splits, at::kCPU,
                              own)
        ->estimate(candidate, std::vector<int64_t>{12}, Key(2))
        .front();
  };
  const Estimate with = estimate({1}, own_choice(lesson), *net);
  EXPECT_EQ(with.score, estimate({1, 5e4}, {}, *net).score);
  EXPECT_GT(with.score, estimate({1}, {}, *net).score + 10);
  EXPECT_EQ(with.cost.steps, 6 + 12);
  const auto other = make_net("flatten linear(classes)", {1, 4, 4}, kRowClasses);
  EXPECT_EQ(estimate({1}, own_choice(lesson), *other).score, estimate({1}, {}, *other).score);
}

TEST(TrainingEstimator, a_choice_that_diverges_is_out_and_stops) {
  const Splits splits = row_splits();
  const auto net = make_net("flatten linear(4) linear(classes)", {1, 4, 4}, kRowClasses);
  const CountedSource source(real_batches(splits, kBatch, at::kCPU)(Key(1)));
  const std::vector<int64_t> fidelities{1, 4, 40};
  const auto at_lr = [&](double lr) { return at_size(unowned(source), 40, lr); };
  const auto good = make_estimator(splits, {at_lr(0.1)})->estimate(*net, fidelities, Key(3));
  source.asked = 0;
  const auto bad = make_estimator(splits, {at_lr(1e12)})->estimate(*net, fidelities, Key(3));
  EXPECT_TRUE(std::isfinite(bad[0].score));
  EXPECT_TRUE(std::isnan(bad[1].score) && std::isnan(bad[2].score));
  EXPECT_LE(source.asked, 4 + 1);  // the judgement after the first step
  EXPECT_EQ(bad[2].cost.steps, source.asked - 1);
  const auto both = make_estimator(splits, {at_lr(1e12), at_lr(0.1), at_lr(1e12)})->estimate(*net, fidelities, Key(3));
  EXPECT_EQ(both[1].score, good[1].score);
  EXPECT_EQ(both[2].score, good[2].score);
  EXPECT_EQ(both[2].cost.steps, good[2].cost.steps + 2 * bad[2].cost.steps);
}

TEST(TrainingEstimator, a_single_seed_that_diverges_takes_its_choice_with_it) {
  const Splits splits = row_splits();
  const auto net = make_net("flatten linear(classes)", {1, 4, 4}, kRowClasses);
  const Key key(5), unlucky = key.split(1);
  const SourceOf source = [&](const Key& own) {
    Batch batch = real_batches(splits, kBatch, at::kCPU)(own)->batch(0);
    if (own.bits() == unlucky.bits()) batch.x = batch.x * INFINITY;
    return std::make_shared<const StoredBatches>(std::vector{batch}, 3);
  };
  const std::vector<int64_t> fidelities{3};
  EXPECT_TRUE(
      std::isfinite(make_estimator(splits, {at_size(source, 3, 0.1)}, 1)->estimate(*net, fidelities, key)[0].score));
  EXPECT_TRUE(
      std::isnan(make_estimator(splits, {at_size(source, 3, 0.1)}, 2)->estimate(*net, fidelities, key)[0].score));
}

TEST(TrainingEstimator, is_a_pure_function_of_candidate_and_key_on_any_thread) {
  const Splits splits = row_splits();
  const auto net = normed_net();
  const auto estimator = make_estimator(splits, {at_size(real_batches(splits, kBatch, at::kCPU), 6, 0.05)}, 2);
  const std::vector<int64_t> fidelities{3, 6};
  std::vector<std::vector<double>> scores(6);
  side_by_side(6, [&](int64_t i) {
    const Key key(static_cast<uint64_t>(i) % 3);
    scores[static_cast<size_t>(i)] = scores_of(estimator->estimate(*net, fidelities, key));
  });
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(scores[i], scores[i + 3]);
    EXPECT_EQ(scores[i], scores_of(estimator->estimate(*net, fidelities, Key(i))));
  }
  EXPECT_NE(scores[0], scores[1]);
}

TEST(Choices, are_every_multiplier_and_every_pair) {
  const Splits splits = row_splits();
  const auto source = real_batches(splits, kBatch, at::kCPU)(Key(1));
  const auto taught = taught_choices({*source, make_schedule(4, {0.2, 0.7}, InnerOptimizer::adam)}, {0.5, 3});
  ASSERT_EQ(taught.size(), 2u);
  EXPECT_DOUBLE_EQ(taught[1].schedule.sizes[3].lr, 0.6);
  EXPECT_EQ(taught[1].schedule.sizes[3].momentum, 0.7);
  EXPECT_EQ(taught[0].source(Key(9)).get(), source.get());
  const auto constant = constant_choices(unowned(*source), 5, {0.1, 0.2, 0.3}, {0.5, 0.9}, InnerOptimizer::adam);
  ASSERT_EQ(constant.size(), 6u);
  EXPECT_EQ(steps_of(constant[5].schedule), 5);
  EXPECT_EQ(constant[5].schedule.optimizer, InnerOptimizer::adam);
  EXPECT_EQ(constant[5].schedule.sizes[4].lr, 0.3);
  EXPECT_EQ(constant[5].schedule.sizes[4].momentum, 0.9);
  EXPECT_EQ(constant[0].schedule.sizes[0].momentum, 0.5);
}

TEST(TrainingEstimator, refuses_what_makes_no_sense) {
  const Splits splits = row_splits();
  const SourceOf source = real_batches(splits, kBatch, at::kCPU);
  const auto estimator = make_estimator(splits, {at_size(source, 6, 0.1)});
  for (const std::vector<int64_t>& fidelities : std::vector<std::vector<int64_t>>{{}, {0, 2}, {2, 2}, {3, 2}, {7}})
    EXPECT_THROW(estimator->estimate(*normed_net(), fidelities, Key(1)), std::invalid_argument);
  EXPECT_THROW(make_estimator(splits, {}), std::invalid_argument);
  EXPECT_THROW(make_estimator(splits, {at_size(source, 0, 0.1)}), std::invalid_argument);
  EXPECT_THROW(make_estimator(splits, {at_size(source, 6, 0.1), at_size(source, 5, 0.1)}), std::invalid_argument);
  EXPECT_THROW(make_estimator(splits, {at_size(source, 6, 0.1)}, 0), std::invalid_argument);
}

}  // namespace
}  // namespace gtn
