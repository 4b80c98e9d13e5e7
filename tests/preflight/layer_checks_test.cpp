#include "gtn/nets/autograd_net.h"
#include "tests/preflight/planned.h"

namespace gtn {
namespace {

TEST(Preflight, units_that_are_off_for_every_image) {
  const PlannedRun run = healthy_run(with_affine("flatten linear(16) relu linear(classes)", 1, 1, -100));
  expect_fault(check_dead_units, run, "16 of 16 (100 %) of node 3, relu");
}

TEST(Preflight, units_that_saturate) {
  const PlannedRun run = healthy_run(with_affine("flatten linear(16) tanh linear(classes)", 1, 1, 50));
  expect_fault(check_dead_units, run, "tanh");
}

TEST(Preflight, units_that_die_of_large_steps) {
  PlannedRun run = healthy_run("flatten linear(16) relu linear(16) relu linear(classes)");
  EXPECT_EQ(found(check_dead_units, run).verdict, Verdict::pass);
  run.step.lr = 100;
  expect_fault(check_dead_units, run, "after 10 steps");
}

TEST(Preflight, signals_that_fade_on_the_way) {
  const std::string text = "flatten linear(8) linear(8) linear(classes)";
  EXPECT_EQ(found(check_layer_scales, healthy_run(text)).verdict, Verdict::pass);
  expect_fault(check_layer_scales, healthy_run(with_affine(text, 1, 1e-5, 0)), "outputs ");
}

TEST(Preflight, signals_that_grow_on_the_way) {
  const std::string text = "flatten linear(8) linear(8) linear(classes)";
  expect_fault(check_layer_scales, healthy_run(with_affine(text, 1, 1e5, 0)), "outputs ");
}

TEST(Preflight, gradients_that_fade_on_the_way) {
  // Saturated units pass a signal of full size, and hardly a gradient.
  const PlannedRun run = healthy_run(with_affine("flatten linear(8) tanh linear(classes)", 1, 0.1, 7));
  expect_fault(check_layer_scales, run, "gradient over weight ");
}

TEST(Preflight, a_learner_without_layers_is_not_looked_into) {
  const auto closed = std::make_shared<AutogradNet>(autograd_of(bright_net("mlp")));
  for (const auto check : {check_dead_units, check_layer_scales})
    EXPECT_EQ(found(check, healthy_run(closed)).figure, "not made of layers: cannot be looked into");
}

}  // namespace
}  // namespace gtn
