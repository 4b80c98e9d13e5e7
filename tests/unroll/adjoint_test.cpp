// The adjoint recursion against the autograd graph of the whole unroll, against a closed form, and against the
// first-order shortcut, which must be measurably wrong.
#include "gtn/unroll/adjoint.h"

#include <gtest/gtest.h>

#include "gtn/nets/autograd_net.h"
#include "gtn/nets/spec.h"
#include "tests/unroll/whole_graph.h"

namespace gtn {
namespace {

const Schedule kSchedule{{{0.30, 0.5}, {0.11, 0.9}, {0.23, 0.2}, {0.17, 0.7}, {0.05, 0.4}}};
constexpr int64_t kSteps = 5;

void expect_equal(const MetaObjective& objective, const Schedule& schedule, at::ScalarType type, double tolerance) {
  const auto net = make_net(
      "conv(4, wn, nobias) norm(mean) leaky_relu(0.1) maxpool(2) conv(5) norm(batch) tanh flatten linear(classes)",
      {1, 8, 8}, 3);
  const Key key(5);
  const StoredBatches synthetic = make_source(key.split("synthetic"), kSteps, type, 2),
                      real = make_source(key.split("real"), kSteps + 1, type, 9);
  const Tensor w0 = net->initial(key).to(type);
  const MetaGradient a = meta_gradient(*net, w0, synthetic, schedule, real, objective);
  const GraphResult b = by_autograd(net, w0, synthetic, schedule, real, objective);
  EXPECT_NEAR(a.total_loss, scalar(b.total), tolerance * std::abs(scalar(b.total)));
  EXPECT_LT(relative_error(a.w0, b.w0), tolerance);
  const auto expect_close = [&](const Tensor& mine, const Tensor& oracle, const char* what, size_t step) {
    if (scalar(oracle.norm()) == 0) {
      EXPECT_EQ(mine.defined() ? scalar(mine.norm()) : 0.0, 0.0) << what << step;
    } else {
      ASSERT_TRUE(mine.defined()) << what << step;
      EXPECT_LT(relative_error(mine, oracle), tolerance) << what << step;
    }
  };
  const Tensor lr = at::tensor(a.log_lr, at::kDouble), momentum = at::tensor(a.log_momentum, at::kDouble);
  EXPECT_LT(relative_error(lr, at::stack(b.lr).to(at::kDouble)), tolerance);
  EXPECT_LT(relative_error(momentum, at::stack(b.momentum).to(at::kDouble)), tolerance);
  for (size_t i = 0; i < a.x.size(); ++i) {
    const bool inside = static_cast<int64_t>(i) >= objective.window.begin;
    // Before the window the oracle's graph still holds the plain steps' batches, but cut off: both must be zero there
    // unless a calibration over all batches reaches them.
    if (inside || objective.calibration == Calibration::all) expect_close(a.x[i], b.x[i], "x", i);
    if (inside) expect_close(a.y[i], b.y[i], "y", i);
  }
}

TEST(Adjoint, equals_the_autograd_graph_of_the_whole_unroll) {
  for (const MetaObjective& objective :
       {MetaObjective{{0, kSteps}}, MetaObjective{{0, kSteps}, 1}, MetaObjective{{0, kSteps}, 2}, MetaObjective{{2, 4}},
        MetaObjective{{1, 5}, 2, Calibration::all}, MetaObjective{{0, kSteps}, 0, Calibration::all}}) {
    SCOPED_TRACE(testing::Message() << objective.window.begin << ".." << objective.window.end << " every "
                                    << objective.loss_every);
    expect_equal(objective, kSchedule, at::kDouble, 1e-9);
    expect_equal(objective, kSchedule, at::kFloat, 1e-5);
    for (const InnerOptimizer optimizer : {InnerOptimizer::rmsprop, InnerOptimizer::adam}) {
      SCOPED_TRACE(name_of(optimizer));
      Schedule schedule{kSchedule.sizes, optimizer};
      for (StepSize& size : schedule.sizes) size.lr *= 0.1;
      expect_equal(objective, schedule, at::kDouble, 1e-9);
      // A gradient near zero decides by its rounding on a whole step of its parameter.
      expect_equal(objective, schedule, at::kFloat, 1e-3);
    }
  }
}

// A learner of every kind of own kernel: few channels, minimal filtering, pools, norms, activations.
TEST(Adjoint, is_the_same_with_every_choice_of_kernels) {
  const auto net = make_net(
      "conv(16, wn) maxpool(3, s=2, p=1) norm(mean) tanh conv(32) norm(instance) silu avgpool(2) conv(16, nobias) "
      "leaky_relu(0.5) flatten linear(16, wn) tanh linear(classes)",
      {1, 16, 16}, 3);
  const Key key(6);
  const StoredBatches synthetic = make_source(key.split("synthetic"), kSteps, at::kFloat, 6, 16),
                      real = make_source(key.split("real"), kSteps + 1, at::kFloat, 9, 16);
  const Tensor w0 = net->initial(key);
  const MetaObjective objective{{0, kSteps}, 2};
  const std::string before = kernels::table() ? kernels::table()->name : "off";
  ASSERT_TRUE(kernels::select("off"));
  const MetaGradient expected = meta_gradient(*net, w0, synthetic, kSchedule, real, objective);
  for (const std::string& name : kernels::available()) {
    ASSERT_TRUE(kernels::select(name));
    const MetaGradient own = meta_gradient(*net, w0, synthetic, kSchedule, real, objective);
    EXPECT_LT(relative_error(own.w0, expected.w0), 1e-5) << name;
    for (size_t t = 0; t < kSteps; ++t) {
      EXPECT_LT(relative_error(own.x[t], expected.x[t]), 1e-5) << name << " x " << t;
      EXPECT_LT(relative_error(own.y[t], expected.y[t]), 1e-5) << name << " y " << t;
    }
    EXPECT_LT(relative_error(at::tensor(own.log_lr, at::kDouble), at::tensor(expected.log_lr, at::kDouble)), 1e-5);
  }
  ASSERT_TRUE(kernels::select(before));
}

TEST(Adjoint, is_the_same_on_a_gpu) {
  if (!at::hasCUDA()) GTEST_SKIP() << "this machine, or this LibTorch, has no CUDA device";
  const auto net = make_net("conv(4) norm(mean) tanh avgpool(2) flatten linear(classes)", {1, 8, 8}, 3);
  const Key key(7);
  const auto gradient = [&](at::Device device) {
    const auto source = [&](const char* name) {
      std::vector<Batch> batches;
      for (int64_t t = 0; t <= kSteps; ++t) {
        const Batch batch = make_source(key.split(name), kSteps + 1, at::kDouble, 3).batch(t);
        batches.push_back({batch.x.to(device), batch.y.to(device)});
      }
      return StoredBatches(std::move(batches));
    };
    return meta_gradient(*net, net->initial(key).to(device, at::kDouble), source("synthetic"), kSchedule,
                         source("real"), MetaObjective{{0, kSteps}, 1});
  };
  const MetaGradient cpu = gradient(at::kCPU), gpu = gradient(at::Device("cuda"));
  EXPECT_LT(relative_error(gpu.w0.cpu(), cpu.w0), 1e-9);
  for (size_t t = 0; t < kSteps; ++t) EXPECT_LT(relative_error(gpu.x[t].cpu(), cpu.x[t]), 1e-9) << t;
}

// A quadratic learner, whose unroll has a closed form: L(w; x) = |w - x|^2 / 2, so g = w - x and H = 1.
class Quadratic final : public Learner {
 public:
  std::string text() const override { return "quadratic"; }
  int64_t parameter_count() const override { return 3; }
  Tensor initial(const Key& key) const override { return key.normal({3}); }
  Gradient gradient(const Tensor& w, const Tensor& x, const Tensor&) const override {
    return {(w - x).square().sum() / 2, w - x};
  }
  SecondOrder second_order(const Tensor& w, const Tensor& u, const Tensor& x, const Tensor& y) const override {
    return {(w - x).square().sum() / 2, w - x, u.clone(), -u, at::zeros_like(y)};
  }
  Statistics calibrate(const Tensor&, const Tensors&) const override { return {}; }
  Tensor logits(const Tensor& w, const Tensor&, const Statistics&) const override { return w; }
  Tensor input_gradient(const Tensor&, const Tensor& x, const Tensor&, const Statistics&) const override {
    return at::zeros_like(x);
  }
  EvaluationGradient evaluation_gradient(const Tensor& w, const Tensor& x, const Tensor&,
                                         const Tensors& calibration) const override {
    return {(w - x).square().sum() / 2, w - x, Tensors(calibration.size(), at::zeros_like(x))};
  }
};

TEST(Adjoint, equals_the_closed_form_on_a_quadratic) {
  // Without momentum w_T = prod(1 - a_t) w_0 + sum_t a_t prod_{s>t}(1 - a_s) x_t; with M = |w_T - r|^2 / 2,
  // dM/dx_t = a_t prod_{s>t}(1 - a_s) (w_T - r) and dM/d log a_t = -a_t prod_{s>t}(1 - a_s) <w_T - r, w_t - x_t>.
  const std::vector<StepSize> sizes{{0.3, 0.0}, {0.2, 0.0}, {0.5, 0.0}};
  std::vector<Batch> batches;
  for (uint64_t t = 0; t < 4; ++t) batches.push_back({Key(t).normal({3}).to(at::kDouble), at::zeros({1}, at::kDouble)});
  const StoredBatches source(batches);
  const Quadratic learner;
  const Tensor w0 = Key(9).normal({3}).to(at::kDouble);
  const MetaGradient a = meta_gradient(learner, w0, source, {sizes}, source, {{0, 3}});
  Tensors w{w0};
  for (size_t t = 0; t < 3; ++t) w.push_back(w[t] - sizes[t].lr * (w[t] - batches[t].x));
  const Tensor residual = w[3] - batches[3].x;
  double tail = 1;
  for (size_t t = 3; t-- > 0;) {
    EXPECT_LT(relative_error(a.x[t], sizes[t].lr * tail * residual), 1e-12);
    EXPECT_NEAR(a.log_lr[t], -sizes[t].lr * tail * scalar((residual * (w[t] - batches[t].x)).sum()), 1e-12);
    tail *= 1 - sizes[t].lr;
  }
  EXPECT_LT(relative_error(a.w0, tail * residual), 1e-12);
}

TEST(Adjoint, first_order_shortcut_is_measurably_wrong) {
  // Leaving out H u (lw stays dM/dw_T) is the plausible wrong formula.
  const auto net = make_net("conv(4) tanh flatten linear(classes)", {1, 8, 8}, 3);
  const StoredBatches synthetic = make_source(Key(1), kSteps, at::kDouble, 2),
                      real = make_source(Key(2), kSteps + 1, at::kDouble, 9);
  const Tensor w0 = net->initial(Key(3)).to(at::kDouble);
  const MetaGradient exact = meta_gradient(*net, w0, synthetic, kSchedule, real, {{0, kSteps}});
  const LearnerState end = train(*net, LearnerState::start(w0), synthetic, kSchedule, 0, kSteps);
  const Tensor last =
      net->evaluation_gradient(end.w, real.batch(kSteps).x, real.batch(kSteps).y, {synthetic.batch(kSteps - 1).x}).w;
  EXPECT_GT(relative_error(last, exact.w0), 0.1);
}

TEST(Window, is_inside_and_reaches_both_ends) {
  bool first = false, last = false;
  for (uint64_t i = 0; i < 400; ++i) {
    const Window window = random_window(Key(i), 16, 5);
    EXPECT_EQ(window.end - window.begin, 5);
    EXPECT_GE(window.begin, 0);
    EXPECT_LE(window.end, 16);
    first |= window.begin == 0;
    last |= window.end == 16;
  }
  EXPECT_TRUE(first && last);
  EXPECT_EQ(random_window(Key(1), 16, 0).end, 16);
  EXPECT_EQ(random_window(Key(1), 16, 99).begin, 0);
}

TEST(InnerLoop, takes_sgd_steps_with_momentum) {
  const Quadratic learner;
  std::vector<Batch> batches{{at::ones({3}), at::zeros({1})}, {at::zeros({3}), at::zeros({1})}};
  const LearnerState end =
      train(learner, LearnerState::start(at::zeros({3})), StoredBatches(batches), {{{0.5, 0.9}, {0.1, 0.5}}}, 0, 2);
  // v1 = -1, w1 = 0.5; v2 = 0.5 * -1 + 0.5 = 0, w2 = 0.5.
  EXPECT_TRUE(at::allclose(end.w, at::full({3}, 0.5)));
  EXPECT_THROW(train(learner, LearnerState::start(at::zeros({3})), StoredBatches(batches), {{{0.5, 0.9}}}, 0, 2),
               std::out_of_range);
}

// Records save work, nothing else: the same bits with all of them, some and none.
TEST(Adjoint, records_change_no_bit) {
  for (const char* text :
       {"conv(5, wn, nobias) norm(batch) silu maxpool(2) conv(4) norm(mean) leaky_relu(0.1) flatten linear(7, wn) tanh "
        "linear(classes)",
        "res{ conv(6, s=2) norm(batch) relu } res{ conv(6) }{ conv(6, k=1, p=0) } gap linear(classes)"}) {
    const auto net = make_net(text, {1, 8, 8}, 3);
    const Key key(21);
    const StoredBatches synthetic = make_source(key.split("synthetic"), kSteps, at::kFloat, 2),
                        real = make_source(key.split("real"), kSteps + 1, at::kFloat, 5);
    const Tensor w0 = net->initial(key);
    MetaObjective objective{{0, kSteps}, 2};
    const MetaGradient none = meta_gradient(*net, w0, synthetic, kSchedule, real, objective);
    const int64_t bytes = net->record_bytes(6);
    ASSERT_GT(bytes, 0);
    EXPECT_EQ(recorded_steps(*net, kSteps, 6, 2 * bytes + 1), 2);
    for (const int64_t memory : {2 * bytes + 1, kSteps * bytes}) {
      objective.memory = memory;
      const MetaGradient some = meta_gradient(*net, w0, synthetic, kSchedule, real, objective);
      EXPECT_EQ(some.loss, none.loss);
      EXPECT_TRUE(at::equal(some.w0, none.w0));
      EXPECT_EQ(some.log_lr, none.log_lr);
      for (size_t t = 0; t < none.x.size(); ++t)
        EXPECT_TRUE(at::equal(some.x[t], none.x[t]) && at::equal(some.y[t], none.y[t]));
    }
  }
}

}  // namespace
}  // namespace gtn
