// Noise, blur and FGSM on the three rows of row_problem.h, standardised and whitened, and the way back to raw pixels.
#include "gtn/unroll/robustness.h"

#include <gtest/gtest.h>

#include "tests/unroll/row_problem.h"

namespace gtn {
namespace {

const at::Device kHere(at::kCPU);

// The same images, standardised and whitened.
std::vector<Splits> both_units() {
  std::vector<Splits> list(2, row_splits());
  list[1].normalization = measure_zca(list[1].train.images);
  return list;
}

// A learner that was taught well.
Trained expert(const LearnerPtr& learner, const Splits& splits) {
  const auto source = real_batches(splits, 32, kHere)(Key(9));
  const Schedule schedule = make_schedule(60, {0.1, 0.5}, InnerOptimizer::sgd);
  const Tensor w = train(*learner, LearnerState::start(learner->initial(Key(1))), *source, schedule, 0, 60).w;
  return {*learner, w, learner->calibrate(w, {source->batch(59).x})};
}

TEST(Robustness, nothing_changes_nothing_and_more_of_a_disturbance_is_worse) {
  using enum Disturbance::Kind;
  for (const Splits& splits : both_units())
    for (const LearnerPtr& learner : {row_linear(), row_normed()}) {
      SCOPED_TRACE(learner->text() + (splits.normalization.whitening.defined() ? ", whitened" : ""));
      const Trained trained = expert(learner, splits);
      const auto under = [&](Disturbance::Kind kind, double amount) {
        return accuracy_under(trained, splits.test, splits.normalization, 700, {kind, amount}, Key(3), kHere);
      };
      const double clean =
          accuracy(trained.learner, trained.w, trained.statistics, splits.test, splits.normalization, 700, kHere);
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
  for (const Splits& splits : both_units()) {
    const LearnerPtr learner = row_linear();
    const Trained trained = expert(learner, splits);
    const Tensor labels = slice(splits.test, splits.normalization, 0, 50).y;
    const Tensor pixels = splits.test.images.narrow(0, 0, 50).to(at::kFloat) / 255;
    const auto after = [&](Disturbance::Kind kind, double amount) {
      return disturbed(trained, pixels, labels, splits.normalization, {kind, amount}, Key(3));
    };
    EXPECT_LT(scalar((after(none, 0) - pixels).abs().max()), 1e-5);
    const Tensor moved = after(fgsm, 0.01) - pixels;
    EXPECT_LT(scalar(moved.abs().max()), 0.01 + 1e-5);
    EXPECT_GT(scalar(moved.abs().mean()), 0.009);  // all but what leaves [0, 1]
    EXPECT_NEAR(scalar((after(noise, 0.05) - pixels).std()), 0.05, 0.005);
    const Tensor corner = pixels.slice(2, 0, 2).slice(3, 0, 2).mean({1, 2, 3});
    EXPECT_LT(scalar((after(blur, 3).select(2, 0).select(2, 0).flatten() - corner).abs().max()), 1e-5);
  }
  EXPECT_EQ((Disturbance{noise, 0.1}.name()), "noise 0.1");
}

TEST(Robustness, stands_beside_the_same_architecture_trained_normally) {
  const Splits splits = row_splits();
  const std::vector<LearnerPtr> learners{row_linear(), row_normed(), row_linear()};
  const auto source = real_batches(splits, 32, kHere)(Key(9));
  Evaluation evaluation;
  evaluation.taught_by.resize(3);
  const RobustnessConfig config{.images = 300, .real_steps = 40, .real_lr = {1e-6, 0.1}};
  const auto run = [&] {
    return measure_robustness(learners, {*source, make_schedule(6, {0.1, 0.5}, InnerOptimizer::sgd)}, evaluation, 32,
                              splits, config, Key(7), kHere, {});
  };
  const Robustness a = run();
  ASSERT_EQ(a.rows.size(), config.disturbances.size());
  EXPECT_EQ(a.real_lr, (std::vector{0.1, 0.1, 0.1}));
  EXPECT_EQ(a.rows[0].synthetic.finals.size(), 3u);
  EXPECT_GT(a.rows[0].real.mean, a.rows[0].synthetic.mean);  // more steps
  EXPECT_LT(a.rows.back().real.mean, a.rows[0].real.mean);
  EXPECT_EQ(run().rows[3].real.finals, a.rows[3].real.finals);
}

// Two channels of unlike deviation and a whitening that is not symmetric: a factor that is missing or not transposed
// shows.
Normalization skewed() {
  return {at::tensor({0.4f, 0.6f}),
          at::tensor({0.1f, 0.3f}),
          {0.1 * Key(1).normal({18}), at::eye(18) + 0.5 * Key(2).normal({18, 18})}};
}

TEST(Robustness, the_gradient_at_the_raw_pixels_equals_finite_differences_through_the_whitening) {
  const Normalization normalization = skewed();
  const LearnerPtr learner = make_net("conv(3) tanh flatten linear(classes)", {2, 3, 3}, 3);
  const Tensor pixels = Key(4).uniform({4, 2, 3, 3}, 0.2, 0.8);
  const Tensor labels = at::one_hot(at::arange(4, at::kLong) % 3, 3).to(at::kFloat);
  const Tensor w = learner->initial(Key(3));
  const Trained trained{*learner, w, learner->calibrate(w, {normalization.apply(pixels * 255)})};
  const auto loss = [&](const Tensor& p) {
    const Tensor z = learner->logits(w, normalization.apply(p * 255), trained.statistics);
    return scalar(-(at::log_softmax(z, 1) * labels).sum() / 4);
  };
  constexpr double h = 2e-3;
  Tensor differences = at::zeros({pixels.numel()});
  for (int64_t i = 0; i < pixels.numel(); ++i) {
    Tensor step = at::zeros({pixels.numel()});
    step[i] = h;
    step = step.view(pixels.sizes());
    differences[i] = (loss(pixels + step) - loss(pixels - step)) / (2 * h);
  }
  differences = differences.view(pixels.sizes());
  const auto error = [&](const Tensor& gradient) {
    return scalar((gradient - differences).norm() / differences.norm());
  };
  EXPECT_LT(error(pixel_gradient(trained, pixels, labels, normalization)), 0.01);
  // What a channelwise normalisation alone would say, and the matrix as it stands instead of its transpose.
  Normalization channelwise = normalization, untransposed = normalization;
  channelwise.whitening = {};
  untransposed.whitening.matrix = normalization.whitening.matrix.t();
  const Tensor x = normalization.apply(pixels * 255);
  const Tensor at_input = learner->input_gradient(w, x, labels, trained.statistics);
  EXPECT_GT(error(channelwise.pull_back(at_input)), 0.3);
  EXPECT_GT(error(untransposed.pull_back(at_input)), 0.3);
  // A step of the attack goes along its signs, in pixels.
  const Tensor attacked = disturbed(trained, pixels, labels, normalization, {Disturbance::Kind::fgsm, 0.01}, Key(5));
  EXPECT_LT(scalar((attacked - pixels - 0.01 * differences.sign()).abs().mean()), 1e-3);
  EXPECT_GT(loss(attacked), loss(pixels));
}

}  // namespace
}  // namespace gtn
