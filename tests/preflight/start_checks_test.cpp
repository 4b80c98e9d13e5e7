#include "gtn/nets/autograd_net.h"
#include "tests/preflight/planned.h"

namespace gtn {
namespace {

TEST(Preflight, a_learner_that_begins_sure) {
  struct Sure final : Faulty {
    using Faulty::Faulty;
    Tensor initial(const Key& key) const override { return 20 * Faulty::initial(key); }
  };
  expect_fault(check_initial_loss, healthy_run(std::make_shared<Sure>("mlp")), "ln(classes) is 1.1");
}

TEST(Preflight, a_learner_that_begins_with_the_answers) {
  struct Knowing final : Faulty {
    using Faulty::Faulty;
    Tensor initial(const Key&) const override {  // of a linear model: the class's rows count for it
      Tensor w = at::zeros({parameter_count()});
      for (int64_t k = 0; k < 3; ++k) w.narrow(0, k * kRows * kRows + 4 * k * kRows, 4 * kRows).fill_(0.1);
      return w;
    }
  };
  const PlannedRun run = healthy_run(std::make_shared<Knowing>("flatten linear(classes)"));
  expect_fault(check_initial_loss, run, "cannot know the labels");
  EXPECT_LT(check_initial_loss(run).value, -0.9);
}

TEST(Preflight, a_loss_that_is_a_sum) {
  struct Sum final : Faulty {
    using Faulty::Faulty;
    Gradient gradient(const Tensor& w, const Tensor& x, const Tensor& y) const override {
      Gradient mean = Faulty::gradient(w, x, y);
      return {mean.loss * x.size(0), mean.w * x.size(0)};
    }
  };
  expect_fault(check_loss_scale, healthy_run(std::make_shared<Sum>("mlp")), "a mean over the batch, not a sum");
}

TEST(Preflight, a_loss_of_other_logits) {
  struct Softer final : Faulty {
    using Faulty::Faulty;
    Tensor logits(const Tensor& w, const Tensor& x, const Statistics& s) const override {
      return Faulty::logits(w, x, s).softmax(1);  // the loss takes the softmax once more
    }
  };
  expect_fault(check_loss_scale, healthy_run(std::make_shared<Softer>("mlp")), "logits that the learner is judged by");
}

TEST(Preflight, pixels_that_are_never_looked_at) {
  const PlannedRun run = healthy_run("conv(4, k=1, s=2) relu flatten linear(classes)");
  expect_fault(check_inputs_used, run, "108 of 144 (75 %)");
}

TEST(Preflight, a_layer_that_nothing_reaches) {
  const PlannedRun run = healthy_run(with_affine("flatten linear(8) tanh linear(classes)", 2, 0, 0));
  expect_fault(check_parameters_used, run, "all of 1.weight");
}

TEST(Preflight, a_bias_that_a_norm_takes_away_is_counted) {
  const PlannedRun run = healthy_run("conv(4) norm(batch) relu maxpool(4) flatten linear(classes)");
  const Finding finding = found(check_parameters_used, run);
  EXPECT_EQ(finding.verdict, Verdict::pass) << finding.figure;  // it does no harm
  EXPECT_EQ(finding.figure, "4 of 159 (2.52 %) without gradient");
}

TEST(Preflight, images_that_look_at_each_other) {
  const int64_t values = kRows * kRows;
  const auto mixing = std::make_shared<AutogradNet>(
      "mixing", 3 * values, [=](const Key& key) { return key.normal({3 * values}) * 0.05; },
      [=](const Tensor& w, const Tensor& x, const Tensors*) {
        const Tensor flat = x.reshape({-1, values});
        return at::mm(flat - flat.mean(0), w.view({3, values}).t());
      });
  expect_fault(check_images_apart, healthy_run(mixing), "off by ");
}

}  // namespace
}  // namespace gtn
