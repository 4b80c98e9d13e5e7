#include "gtn/unroll/real_training.h"
#include "tests/preflight/planned.h"

namespace gtn {
namespace {

TEST(Preflight, steps_that_are_too_large_or_too_small) {
  PlannedRun run = healthy_run();
  run.step.lr = 300;
  expect_fault(check_update_ratio, run, "take smaller steps");
  expect_fault(check_step_size, run, "begin with a step size of 0.");
  run.step.lr = 1e-9;
  expect_fault(check_update_ratio, run, "take larger steps");
  run.step.lr = 1e-4;
  const Finding finding = found(check_step_size, run);
  EXPECT_EQ(finding.verdict, Verdict::warn) << finding.figure;
  EXPECT_GE(finding.value, 1e-2) << finding.figure;
}

TEST(Preflight, a_learner_that_climbs) {
  struct Climbing final : Faulty {
    using Faulty::Faulty;
    Gradient gradient(const Tensor& w, const Tensor& x, const Tensor& y) const override {
      Gradient g = Faulty::gradient(w, x, y);
      return {g.loss, -g.w};
    }
  };
  const PlannedRun run = healthy_run(std::make_shared<Climbing>("mlp"));
  expect_fault(check_step_size, run, "no step size lowers the loss");
  expect_fault(check_one_image, run, "loss ");
}

TEST(Preflight, a_learner_that_cannot_answer) {
  const PlannedRun run = healthy_run(with_affine("flatten linear(8) relu linear(classes)", 3, 0, 0));
  expect_fault(check_one_image, run, "loss 1.1");
  expect_fault(check_simple_models, run, "the learner learns nothing where simple models do");
}

TEST(Preflight, a_batch_that_contradicts_itself) {
  PlannedRun run = healthy_run("flatten linear(8) relu linear(classes)");
  run.splits.train.images = run.splits.train.images.narrow(0, 0, 1).repeat({240, 1, 1, 1});
  expect_fault(check_one_batch, run, "of 32 images right");
}

TEST(Preflight, labels_that_do_not_belong_to_the_images) {
  PlannedRun run = healthy_run();
  run.splits.train.labels = run.key.integers(240, 3);
  run.splits.validation.labels = run.key.integers(90, 3);
  expect_fault(check_simple_models, run, "simple models learn nothing");
}

TEST(Preflight, a_learner_worse_than_a_simple_model) {
  const Finding finding = found(check_simple_models, healthy_run("gap linear(8) tanh linear(classes)"));
  EXPECT_NE(finding.verdict, Verdict::pass) << finding.figure;
  EXPECT_LT(finding.value, -10) << finding.figure;
}

TEST(Preflight, few_images_cannot_tell_a_learner_from_a_simple_model) {
  EXPECT_NEAR(difference_by_chance(50, 32), 25, 1e-9);
  EXPECT_NEAR(difference_by_chance(90, 10000), 0.8485, 1e-4);
  PlannedRun run = healthy_run("flatten linear(2) tanh linear(classes)");
  Tensor labels = run.splits.validation.labels.clone();
  labels.narrow(0, 0, 30).copy_(run.key.integers(30, 3));  // so that no model is right everywhere
  run.splits.validation.labels = labels;
  run.steps = 20;
  const Finding near = found(check_simple_models, run);
  EXPECT_LT(near.value, -5) << near.figure;
  EXPECT_EQ(near.verdict, Verdict::pass) << near.figure << ": 90 images allow some eleven points";
  run.steps = 10;
  const Finding far = found(check_simple_models, run);
  EXPECT_LT(far.value, -14) << far.figure;
  EXPECT_EQ(far.verdict, Verdict::warn) << far.figure;
}

TEST(Preflight, a_learner_that_was_trained_before) {
  struct Trained final : Faulty {
    using Faulty::Faulty;
    Tensor initial(const Key&) const override { return w; }
    Tensor w;
  };
  const auto trained = std::make_shared<Trained>("mlp");
  PlannedRun run = healthy_run(trained);
  trained->w = train_on_real(*bright_net("mlp"), run.splits, {.steps = 20}, run.key, run.device).w;
  expect_fault(check_shuffled_labels, run, "guessing 1.1");
  EXPECT_LT(check_shuffled_labels(run).value, 0.5);
}

// Three shuffles happen to help alike, after a fifth of the steps: their mean alone would be below the limit.
TEST(Preflight, labels_that_are_nearly_right_by_chance) {
  PlannedRun run = healthy_run("base_fc_gap");
  run.key = Key(3);
  const Finding finding = found(check_shuffled_labels, run);
  EXPECT_NE(finding.verdict, Verdict::fail) << finding.figure;
}

TEST(Preflight, a_run_without_room_or_without_end) {
  PlannedRun run = healthy_run();
  EXPECT_EQ(found(check_forecast, run).verdict, Verdict::pass);
  const auto with = [&](const Forecast& forecast) {
    run.forecast = [forecast] { return forecast; };
    return found(check_forecast, run);
  };
  constexpr int64_t kMebibyte = 1 << 20;
  EXPECT_EQ(with({600, 100 * kMebibyte, 200 * kMebibyte}).figure, "about 10 min and 100 MiB of 200 MiB");
  EXPECT_EQ(with({600, 170 * kMebibyte, 200 * kMebibyte}).verdict, Verdict::warn);
  EXPECT_EQ(with({600, 201 * kMebibyte, 200 * kMebibyte}).verdict, Verdict::fail);
  EXPECT_EQ(with({100000, kMebibyte, 0}).verdict, Verdict::warn);
  EXPECT_EQ(with({100000, kMebibyte, 0}).figure, "about 27.8 h and 1 MiB");
  EXPECT_EQ(with({100000, kMebibyte, 0}).value, 100000);
}

}  // namespace
}  // namespace gtn
