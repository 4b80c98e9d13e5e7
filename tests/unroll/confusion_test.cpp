#include "gtn/unroll/confusion.h"

#include <gmock/gmock.h>

#include "gtn/unroll/evaluation.h"
#include "tests/unroll/row_problem.h"

namespace gtn {
namespace {

using testing::ElementsAre;
using testing::Lt;

Tensor numbers(const std::vector<int64_t>& values) { return at::tensor(values, at::kLong); }

// Seven images of three classes, judged by two learners that take 1 for 2 and once 0 for 2.
const std::vector<int64_t> kLabels{0, 1, 2, 1, 2, 0, 1};
Tensors two_learners() { return {numbers({0, 2, 2, 2, 2, 0, 1}), numbers({2, 1, 2, 2, 2, 0, 2})}; }
Tensor counted() { return confusion_matrix(numbers(kLabels), two_learners(), 3); }

TEST(Confusion, counts_are_those_of_a_hand) {
  EXPECT_TRUE(at::equal(counted(), numbers({3, 0, 1, 0, 2, 4, 0, 0, 4}).view({3, 3}))) << counted();
  // Each row sums to twice the images of its class.
  EXPECT_TRUE(at::equal(counted().sum(1), 2 * at::bincount(numbers(kLabels))));
}

TEST(Confusion, pairs_stand_in_the_order_of_their_counts) {
  EXPECT_THAT(confused_pairs(counted(), 9), ElementsAre(ConfusedPair{1, 2, 4}, ConfusedPair{0, 2, 1}));
  EXPECT_THAT(confused_pairs(counted(), 1), ElementsAre(ConfusedPair{1, 2, 4}));
  const Tensor ties = numbers({9, 1, 2, 2, 9, 1, 0, 2, 9}).view({3, 3});
  EXPECT_THAT(confused_pairs(ties, 4),
              ElementsAre(ConfusedPair{0, 2, 2}, ConfusedPair{1, 0, 2}, ConfusedPair{2, 1, 2}, ConfusedPair{0, 1, 1}));
}

TEST(Confusion, classes_are_ranked_by_row_and_column) {
  EXPECT_THAT(confused_classes(counted(), 2), ElementsAre(1, 2));
  EXPECT_THAT(confused_classes(counted(), 1), ElementsAre(2));
  EXPECT_THAT(confused_classes(counted(), 50), ElementsAre(0, 1, 2));
  EXPECT_THAT(confused_classes(at::eye(4, at::kLong), 3), ElementsAre(0, 1, 2));  // never confused
}

TEST(Confusion, examples_are_first_what_most_learners_took_so) {
  const auto images = [](const ConfusedPair& pair, int64_t most) {
    return confused_images(numbers(kLabels), two_learners(), pair, most);
  };
  EXPECT_THAT(images({1, 2, 4}, 4), ElementsAre(3, 1, 6));
  EXPECT_THAT(images({1, 2, 4}, 2), ElementsAre(3, 1));
  EXPECT_THAT(images({2, 1, 0}, 4), ElementsAre());
}

TEST(Confusion, a_caller_s_mistake_is_refused) {
  EXPECT_THROW(confusion_matrix(numbers(kLabels), {}, 3), std::invalid_argument);
  EXPECT_THROW(confusion_matrix(numbers(kLabels), {numbers({0, 1})}, 3), std::invalid_argument);
  EXPECT_THROW(confusion_matrix(numbers(kLabels), two_learners(), 2), std::invalid_argument);
}

TEST(Confusion, is_of_the_pass_that_measured_the_accuracy) {
  const Splits splits = row_splits();
  const std::vector<LearnerPtr> learners{row_linear(), row_normed(), row_linear()};
  const RealSource source(splits.train, splits.normalization, 32, Key(9), Sampling::with_replacement, at::kCPU);
  const Schedule schedule{std::vector<StepSize>(4, StepSize{0.05, 0.5})};
  const EvaluationConfig config{.curve_images = 100, .multipliers = {1, 4}, .lr = {0.01}, .momentum = {0.5}};
  const Evaluation result = evaluate(learners, {source, schedule}, 32, splits, config, Key(7), at::kCPU, {});
  ASSERT_EQ(result.predicted.size(), 3u);
  const Tensor& labels = splits.test.labels;
  for (size_t i = 0; i < 3; ++i) {
    const Tensor matrix = confusion_matrix(labels, {result.predicted[i]}, kRowClasses);
    EXPECT_TRUE(at::equal(matrix.sum(1), at::bincount(labels)));
    EXPECT_EQ(100.0 * static_cast<double>(matrix.trace().item<int64_t>()) / 700, result.synthetic.finals[i]);
  }
  const Tensor all = confusion_matrix(labels, result.predicted, kRowClasses);
  EXPECT_NEAR(100 * all.trace().item<double>() / (3 * 700), result.synthetic.mean, 1e-9);
  EXPECT_THAT(result.synthetic.mean, Lt(99));  // there is something to confuse
}

// Counts the images that it is shown for an answer, and passes everything on.
class CountingLearner final : public Learner {
 public:
  explicit CountingLearner(LearnerPtr learner) : learner_(std::move(learner)) {}
  std::string text() const override { return learner_->text(); }
  int64_t parameter_count() const override { return learner_->parameter_count(); }
  Tensor initial(const Key& key) const override { return learner_->initial(key); }
  Gradient gradient(const Tensor& w, const Tensor& x, const Tensor& y) const override {
    return learner_->gradient(w, x, y);
  }
  SecondOrder second_order(const Tensor& w, const Tensor& u, const Tensor& x, const Tensor& y) const override {
    return learner_->second_order(w, u, x, y);
  }
  Statistics calibrate(const Tensor& w, const Tensors& calibration) const override {
    return learner_->calibrate(w, calibration);
  }
  Tensor logits(const Tensor& w, const Tensor& x, const Statistics& statistics) const override {
    images += x.size(0);
    return learner_->logits(w, x, statistics);
  }
  Tensor input_gradient(const Tensor& w, const Tensor& x, const Tensor& y,
                        const Statistics& statistics) const override {
    return learner_->input_gradient(w, x, y, statistics);
  }
  EvaluationGradient evaluation_gradient(const Tensor& w, const Tensor& x, const Tensor& y,
                                         const Tensors& calibration) const override {
    return learner_->evaluation_gradient(w, x, y, calibration);
  }

  mutable int64_t images = 0;

 private:
  LearnerPtr learner_;
};

TEST(Confusion, costs_no_second_reading_of_the_test_split) {
  const Splits splits = row_splits();
  const auto learner = std::make_shared<CountingLearner>(row_linear());
  const RealSource source(splits.train, splits.normalization, 32, Key(9), Sampling::with_replacement, at::kCPU);
  // One step size that is none of the grid: nothing is tried on validation but the two ways of the curriculum.
  const Schedule schedule{{StepSize{0.05, 0.5}, StepSize{0.05, 0.5}}};
  const EvaluationConfig config{
      .selection_images = 10, .curve_images = 100, .multipliers = {1}, .lr = {1e-6}, .momentum = {0.5}};
  const Evaluation result = evaluate({learner}, {source, schedule}, 32, splits, config, Key(7), at::kCPU, {});
  const int64_t judged = 2 * (1 + 3) * 10;     // two choices, each with one seed and with three
  const int64_t curves = 2 * (2 * 100 + 700);  // on the curriculum and on real data: before, on the way, at the end
  EXPECT_EQ(learner->images, judged + curves);
  EXPECT_EQ(result.predicted.size(), 1u);
}

}  // namespace
}  // namespace gtn
