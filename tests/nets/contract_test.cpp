#include "tests/nets/contract.h"

#include <gtest/gtest.h>

#include "gtn/nets/activation.h"
#include "gtn/nets/linear.h"
#include "gtn/nets/pool.h"
#include "gtn/nets/spec.h"

namespace gtn {

double relative_error(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  if (a.sizes() != b.sizes()) return INFINITY;
  return scalar((a - b).norm()) / (scalar(b.norm()) + 1e-30);
}

namespace {

struct Setting {
  Tensor w, u, x, y;
  Tensors calibration;
};

Setting make_setting(const Net& net, const ContractCase& c, at::ScalarType type) {
  const Key key(11);
  Shape shape = c.input;
  shape.insert(shape.begin(), c.batch);
  const auto images = [&](const char* name) {
    const Tensor x = key.split(name).normal(shape).to(type);
    return x.dim() == 4 ? x.contiguous(kChannelsLast) : x;
  };
  Setting s;
  // Off the initial values, so that gains differ from one and biases from zero.
  const Tensor initial = net.initial(key);
  s.w = (initial + 0.1 * key.split("w").normal(initial.sizes())).to(type);
  s.u = key.split("u").normal(initial.sizes()).to(type);
  s.x = images("x");
  s.y = at::softmax(2 * key.split("y").normal({c.batch, c.classes}), 1).to(type);
  s.calibration = {images("c0"), images("c1")};
  return s;
}

void expect_equals_autograd(const std::shared_ptr<const Net>& net, const ContractCase& c, at::ScalarType type) {
  const double tolerance = type == at::kDouble ? 1e-9 : 1e-5;
  const Setting s = make_setting(*net, c, type);
  const AutogradNet oracle = autograd_of(net);
  const Gradient first = net->gradient(s.w, s.x, s.y), first_oracle = oracle.gradient(s.w, s.x, s.y);
  EXPECT_LT(relative_error(first.loss, first_oracle.loss), tolerance);
  EXPECT_LT(relative_error(first.w, first_oracle.w), tolerance);

  const SecondOrder second = net->second_order(s.w, s.u, s.x, s.y),
                    second_oracle = oracle.second_order(s.w, s.u, s.x, s.y);
  EXPECT_LT(relative_error(second.gradient, second_oracle.gradient), tolerance);
  EXPECT_LT(relative_error(second.w, second_oracle.w), tolerance) << "H u";
  EXPECT_LT(relative_error(second.x, second_oracle.x), tolerance) << "d<u, g>/dx";
  EXPECT_LT(relative_error(second.y, second_oracle.y), tolerance) << "d<u, g>/dy";
  EXPECT_GT(scalar(second.x.norm()), 0.0);

  for (const Tensors& calibration : {Tensors{s.calibration[0]}, s.calibration}) {
    const EvaluationGradient meta = net->evaluation_gradient(s.w, s.x, s.y, calibration);
    const EvaluationGradient meta_oracle = oracle.evaluation_gradient(s.w, s.x, s.y, calibration);
    EXPECT_LT(relative_error(meta.w, meta_oracle.w), tolerance)
        << "dM/dw with " << calibration.size() << " calibration batches";
    for (size_t i = 0; i < calibration.size(); ++i) {
      const double norm = scalar(meta_oracle.calibration[i].norm());
      if (norm == 0)
        EXPECT_EQ(scalar(meta.calibration[i].norm()), 0);
      else
        EXPECT_LT(relative_error(meta.calibration[i], meta_oracle.calibration[i]), tolerance) << "dM/dx of batch " << i;
    }
    EXPECT_LT(relative_error(net->input_gradient(s.w, s.x, s.y, net->calibrate(s.w, calibration)),
                             oracle.input_gradient(s.w, s.x, s.y, calibration)),
              tolerance)
        << "dL/dx";
    const Tensor logits = net->logits(s.w, s.x, net->calibrate(s.w, calibration));
    EXPECT_LT(relative_error(logits, oracle.logits(s.w, s.x, calibration)), tolerance);
  }
}

void expect_equals_differences(const Net& net, const ContractCase& c) {
  const Setting s = make_setting(net, c, at::kDouble);
  const double h = 1e-6, tolerance = 1e-6;  // of the differences themselves, not of the derivative
  const auto loss = [&](const Tensor& w) { return net.gradient(w, s.x, s.y).loss; };
  const Tensor slope = (loss(s.w + h * s.u) - loss(s.w - h * s.u)) / (2 * h);
  EXPECT_LT(relative_error((net.gradient(s.w, s.x, s.y).w * s.u).sum(), slope), tolerance);

  const SecondOrder second = net.second_order(s.w, s.u, s.x, s.y);
  const auto gradient = [&](const Tensor& w, const Tensor& x, const Tensor& y) { return net.gradient(w, x, y).w; };
  EXPECT_LT(relative_error(second.w, (gradient(s.w + h * s.u, s.x, s.y) - gradient(s.w - h * s.u, s.x, s.y)) / (2 * h)),
            tolerance);
  const Tensor dx = at::cos(7 * s.x), dy = at::cos(7 * s.y);
  const auto along = [&](const Tensor& plus, const Tensor& minus) { return (s.u * (plus - minus)).sum() / (2 * h); };
  EXPECT_LT(
      relative_error((second.x * dx).sum(), along(gradient(s.w, s.x + h * dx, s.y), gradient(s.w, s.x - h * dx, s.y))),
      tolerance);
  EXPECT_LT(
      relative_error((second.y * dy).sum(), along(gradient(s.w, s.x, s.y + h * dy), gradient(s.w, s.x, s.y - h * dy))),
      tolerance);

  const Statistics statistics = net.calibrate(s.w, {s.calibration[0]});
  const auto judged = [&](const Tensor& x) {
    return -(at::log_softmax(net.logits(s.w, x, statistics), 1) * s.y).sum() / static_cast<double>(c.batch);
  };
  EXPECT_LT(relative_error((net.input_gradient(s.w, s.x, s.y, statistics) * dx).sum(),
                           (judged(s.x + h * dx) - judged(s.x - h * dx)) / (2 * h)),
            10 * tolerance);

  const auto meta = [&](const Tensor& w, const Tensor& calibration) {
    return net.evaluation_gradient(w, s.x, s.y, {calibration}).loss;
  };
  const EvaluationGradient g = net.evaluation_gradient(s.w, s.x, s.y, {s.calibration[0]});
  const Tensor& k = s.calibration[0];
  EXPECT_LT(relative_error((g.w * s.u).sum(), (meta(s.w + h * s.u, k) - meta(s.w - h * s.u, k)) / (2 * h)), tolerance);
  const Tensor change = (meta(s.w, k + h * dx) - meta(s.w, k - h * dx)) / (2 * h);
  EXPECT_LT(scalar(((g.calibration[0] * dx).sum() - change).abs()), tolerance * (1 + std::abs(scalar(change))));
}

}  // namespace

void expect_learner_contract(const std::shared_ptr<const Net>& net, const ContractCase& contract) {
  SCOPED_TRACE(net->text());
  expect_equals_autograd(net, contract, at::kDouble);
  expect_equals_autograd(net, contract, at::kFloat);
  if (contract.smooth) expect_equals_differences(*net, contract);
}

void expect_text_contract(const std::string& text, const ContractCase& contract) {
  expect_learner_contract(make_net(text, contract.input, contract.classes), contract);
}

void expect_layer_contract(const LayerPtr& layer, const ContractCase& contract) {
  const int64_t width = contract.input[0];
  const LayerPtr before =
      contract.input.size() == 1
          ? LayerPtr(std::make_shared<Linear>(width, width, Bias::learned))
          : std::make_shared<Conv>(ConvOptions{.in = width, .out = width, .kernel = {1, 1}, .padding = {0, 0}});
  const auto flatten = std::make_shared<Flatten>();
  const int64_t features = flatten->output_shape(layer->output_shape(contract.input))[0];
  std::vector<Node> nodes{{{-1}, before},
                          {{0}, layer},
                          {{1}, std::make_shared<Tanh>()},
                          {{2}, flatten},
                          {{3}, std::make_shared<Linear>(features, contract.classes, Bias::learned)}};
  expect_learner_contract(std::make_shared<Net>(layer->text(), contract.input, contract.classes, std::move(nodes)),
                          contract);
}

namespace {

class SmoothText : public testing::TestWithParam<const char*> {};
TEST_P(SmoothText, contract) { expect_text_contract(GetParam(), {.smooth = true}); }
INSTANTIATE_TEST_SUITE_P(
    Nets, SmoothText,
    testing::Values(
        "flatten linear(classes)", "flatten linear(7) tanh linear(classes)",
        "flatten linear(7, nobias, wn) norm(mean) silu linear(classes, wn)", "conv(4) silu flatten linear(classes)",
        "conv(4, k=3, s=2, p=1, nobias) norm(mean) tanh gap linear(classes)",
        "conv(4, k=3x1, p=0, wn) norm(batch) tanh avgpool(2) flatten linear(classes)",
        "conv(4, k=5, g=2, wn, nobias) norm(batch) silu gap linear(6) norm(batch) tanh linear(classes)",
        "conv(4, k=3, d=2, g=2) norm(instance) tanh avgpool(3, s=2, p=1) flatten linear(classes)",
        "conv(4) tanh res{ conv(4, nobias) norm(mean) tanh conv(4, nobias) norm(batch) } tanh gap linear(classes)",
        "conv(8) tanh conv(8, g=8, d=2, nobias) conv(6, k=1) norm(batch) silu gap linear(classes)",
        "res{ conv(6, s=2) norm(batch) silu } res{ tanh conv(6) }{ conv(6, k=1, p=0) } gap linear(classes)"));

class KinkedText : public testing::TestWithParam<const char*> {};
TEST_P(KinkedText, contract) { expect_text_contract(GetParam(), {}); }
INSTANTIATE_TEST_SUITE_P(Nets, KinkedText,
                         testing::Values("conv(4, wn, nobias) maxpool(3, s=2, p=1) norm(mean) leaky_relu(0.1) flatten "
                                         "linear(9, wn, nobias) norm(mean) leaky_relu linear(classes, wn)",
                                         "conv(4) relu maxpool(2) conv(5, k=2, p=0) relu flatten linear(classes)",
                                         "maxpool(5, s=1, p=2) conv(3) relu gap linear(classes)"));

TEST(Presets, every_preset_holds_to_the_contract_at_small_size) {
  for (const Preset& preset : presets()) {
    const auto net = make_net(preset.name, {1, 16, 16}, 4);
    const ContractCase contract{.input = {1, 16, 16}, .batch = 6, .classes = 4};
    SCOPED_TRACE(preset.name);
    expect_equals_autograd(net, contract, at::kDouble);
  }
}

TEST(Layers, each_holds_to_the_contract_alone) {
  expect_layer_contract(
      std::make_shared<Conv>(ConvOptions{.in = 2, .out = 3, .kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 0}}),
      {.smooth = true});
  // Depthwise, and dilated.
  expect_layer_contract(std::make_shared<Conv>(ConvOptions{.in = 8, .out = 8, .groups = 8}),
                        {.input = {8, 5, 7}, .smooth = true});
  expect_layer_contract(std::make_shared<Conv>(ConvOptions{.in = 2, .out = 3, .padding = {2, 2}, .dilation = {2, 2}}),
                        {.input = {2, 6, 9}, .smooth = true});
  expect_layer_contract(std::make_shared<WeightNorm>(std::make_shared<Linear>(6, 5, Bias::learned)),
                        {.input = {6}, .smooth = true});
  expect_layer_contract(std::make_shared<Pool>(PoolKind::average, 3, 2, 1), {.smooth = true});
  expect_layer_contract(std::make_shared<Pool>(PoolKind::max, 3, 2, 1), {});
  expect_layer_contract(std::make_shared<GlobalAveragePool>(), {.smooth = true});
}

}  // namespace
}  // namespace gtn
