#include "gtn/unroll/experts.h"

#include <gtest/gtest.h>

#include "gtn/unroll/evaluation.h"
#include "tests/unroll/row_problem.h"

namespace gtn {
namespace {

const ExpertConfig kThree{.count = 3, .training = {.steps = 60, .batch = 32, .lr = 0.1}};

TEST(TrainedExperts, are_good_and_agree_to_be_repeated) {
  const Splits splits = row_splits();
  for (const LearnerPtr& learner : {row_linear(), row_normed()}) {
    const std::vector<Expert> experts = train_experts(*learner, splits, kThree, Key(1));
    ASSERT_EQ(experts.size(), 3u);
    for (const Expert& expert : experts)
      EXPECT_GT(
          accuracy(*learner, expert.w, expert.statistics, splits.test, splits.normalization, 700, at::Device(at::kCPU)),
          70);
    EXPECT_FALSE(at::equal(experts[0].w, experts[1].w));
    EXPECT_TRUE(at::equal(train_experts(*learner, splits, kThree, Key(1))[2].w, experts[2].w));
  }
}

TEST(TrainedExperts, label_by_the_mean_of_their_probabilities) {
  const Splits splits = row_splits();
  const LearnerPtr learner = row_normed();
  const std::vector<Expert> experts = train_experts(*learner, splits, kThree, Key(1));
  const Batch batch = slice(splits.train, splits.normalization, 0, 40);
  Tensor expected = at::zeros({40, kRowClasses});
  for (const Expert& expert : experts)
    expected += at::softmax(learner->logits(expert.w, batch.x, expert.statistics) / 2, 1) / 3;
  EXPECT_TRUE(at::allclose(soft_labels(*learner, experts, batch.x, 2), expected, 1e-5, 1e-6));
  // Of a whole data set: the same, whatever the chunks.
  const Tensor all = soft_labels(*learner, experts, splits.train, splits.normalization, 2);
  EXPECT_EQ(shape_of(all), (Shape{600, kRowClasses}));
  EXPECT_TRUE(at::allclose(all.narrow(0, 0, 40), expected, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(all.sum(1), at::ones({600})));
  EXPECT_THROW(soft_labels(*learner, {}, batch.x, 1), std::invalid_argument);
  EXPECT_THROW(soft_labels(*learner, experts, batch.x, 0), std::invalid_argument);
}

TEST(MadeSchedule, carries_its_optimiser_and_falls_as_a_cosine) {
  const Schedule schedule = make_schedule(4, {0.8, 0.9}, InnerOptimizer::adam, Decay::cosine);
  EXPECT_EQ(schedule.optimizer, InnerOptimizer::adam);
  EXPECT_EQ(steps_of(schedule), 4);
  EXPECT_DOUBLE_EQ(schedule.sizes[0].lr, 0.8);
  EXPECT_DOUBLE_EQ(schedule.sizes[2].lr, 0.4);
  EXPECT_DOUBLE_EQ(schedule.sizes[3].momentum, 0.9);
  EXPECT_DOUBLE_EQ(scaled(schedule, 2).sizes[2].lr, 0.8);
  EXPECT_DOUBLE_EQ(make_schedule(4, {0.8, 0.9}, InnerOptimizer::sgd).sizes[3].lr, 0.8);
}

}  // namespace
}  // namespace gtn
