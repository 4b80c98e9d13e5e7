#include "gtn/unroll/real_training.h"

#include <gtest/gtest.h>

#include "gtn/nets/spec.h"
#include "gtn/unroll/accuracy.h"
#include "gtn/unroll/learning_curve.h"

namespace gtn {
namespace {

// Two classes, told apart by the brightness of their left half.
Dataset halves(int64_t count, const Key& key) {
  const Tensor labels = at::arange(count, at::kLong) % 2;
  Tensor images = key.uniform({count, 1, 6, 6}, 0, 100);
  for (int64_t i = 0; i < count; ++i) images[i][0].narrow(1, 0, 3).add_(100 * (i % 2));
  return make_dataset("halves", images.to(at::kByte), labels, {"dark", "bright"});
}

Splits splits_of_halves() {
  Splits splits{halves(120, Key(1)), halves(40, Key(2)), halves(40, Key(3)), {}};
  splits.normalization = measure_normalization(splits.train.images);
  return splits;
}

TEST(RealTraining, drops_paths_where_there_are_some) {
  const Splits splits = splits_of_halves();
  const auto residual = make_net("conv(4) relu res{ conv(4) relu } gap linear(classes)", {1, 6, 6}, 2);
  const auto plain = make_net("conv(4) relu gap linear(classes)", {1, 6, 6}, 2);
  RealTrainingConfig config{.steps = 60, .batch = 20, .lr = 0.1};
  const auto trained = [&](const Net& net) { return train_on_real(net, splits, config, Key(4), at::kCPU); };
  const Tensor without = trained(*residual).w, straight = trained(*plain).w;
  config.drop_path = 0.5;
  int64_t seen = 0;
  const StepObserver count = [&](int64_t steps_taken, const LearnerState&) { EXPECT_EQ(steps_taken, ++seen); };
  const TrainedNet with = train_on_real(*residual, splits, config, Key(4), at::kCPU, count);
  EXPECT_EQ(seen, 60);
  EXPECT_FALSE(with.w.equal(without));
  EXPECT_TRUE(trained(*residual).w.equal(with.w)) << "everything random follows from the key";
  EXPECT_TRUE(at::allclose(trained(*plain).w, straight, 1e-4, 1e-5)) << "there is nothing to drop";
  EXPECT_GT(accuracy(*residual, with.w, with.statistics, splits.test, splits.normalization, 40, at::kCPU), 90);
}

TEST(LearningCurve, tells_what_carries_over_from_what_does_not) {
  Splits splits = splits_of_halves();
  splits.validation.labels = 1 - splits.train.labels.narrow(0, 0, 120);  // the same images, and all labels wrong
  splits.validation.images = splits.train.images;
  const auto net = make_net("conv(4) norm(batch) relu gap linear(classes)", {1, 6, 6}, 2);
  const auto points_of = [&](const RealTrainingConfig& config, int64_t points) {
    LearningCurve curve(*net, splits, config.steps, config.batch, points, at::kCPU);
    train_on_real(*net, splits, config, Key(4), at::kCPU,
                  [&](int64_t taken, const LearnerState& state) { curve.observe(taken, state); });
    return curve.points();
  };
  const auto points = points_of({.steps = 25, .batch = 20, .lr = 0.02}, 10);
  std::vector<int64_t> steps;
  for (const LearningPoint& point : points) {
    steps.push_back(point.steps);
    EXPECT_NEAR(point.train + point.validation, 100, 1e-9);
  }
  EXPECT_EQ(steps, (std::vector<int64_t>{2, 5, 7, 10, 12, 15, 17, 20, 22, 25}));
  EXPECT_GT(points.back().train, 90);
  EXPECT_LT(points.front().train, 90);
  EXPECT_EQ(points_of({.steps = 3, .batch = 20}, 10).size(), 3u) << "one a step is the most";
  EXPECT_TRUE(points_of({.steps = 4, .batch = 20, .lr = 1e38}, 1).empty()) << "it diverged";
  EXPECT_THROW(LearningCurve(*net, splits, 4, 20, 0, at::kCPU), std::invalid_argument);
}

}  // namespace
}  // namespace gtn
