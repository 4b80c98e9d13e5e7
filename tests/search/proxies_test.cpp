// Zero-cost proxies on nets small enough to say by other means what they are.
#include "gtn/search/proxies.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "gtn/nets/genotype.h"
#include "gtn/nets/spec.h"
#include "tests/search/estimator_contract.h"

namespace gtn {
namespace {

constexpr int64_t kClasses = 3;
const Shape kImage{2, 4, 5};

std::shared_ptr<const Net> net_of(const std::string& text) { return make_net(text, kImage, kClasses); }

Batch batch_of(int64_t count, const Shape& image = kImage, int64_t classes = kClasses) {
  const Key key(17);
  const Tensor x = key.split("x").normal({count, image[0], image[1], image[2]}).contiguous(kChannelsLast);
  return {x, at::softmax(key.split("y").normal({count, classes}), 1)};
}

const Key kKey(3);
// The parameters that a proxy draws for kKey.
Tensor initial(const Net& net) { return net.initial(kKey.split("initial")); }

double score(const EstimatorPtr& estimator, const Net& net) {
  const auto estimates = estimator->estimate(net, {}, kKey);
  EXPECT_EQ(estimates.size(), 1u);
  return estimates.at(0).score;
}
double score(const EstimatorPtr& estimator, const std::string& text) { return score(estimator, *net_of(text)); }

TEST(Proxies, keep_the_contract_of_estimators) {
  const auto net = net_of("conv(3) norm(batch) relu flatten linear(classes)");
  for (const EstimatorPtr& estimator :
       {synflow_estimator(), naswot_estimator(batch_of(8)), jacob_cov_estimator(batch_of(8)),
        gradient_norm_estimator(batch_of(8)), parameter_count_estimator(), multiply_adds_estimator()})
    expect_estimator_contract(*estimator, *net);
}

TEST(Proxies, count_parameters_and_work) {
  const std::string text = "conv(3, nobias) norm(batch) relu gap linear(classes)";
  EXPECT_EQ(score(parameter_count_estimator(), text), 2 * 3 * 9 + 2 * 3 + 3 * 3 + 3);
  EXPECT_EQ(score(multiply_adds_estimator(), text), 20 * 2 * 3 * 9 + 3 * 3);
}

TEST(Synflow, two_linear_layers_in_closed_form) {
  const auto net = net_of("flatten linear(5) norm(batch) linear(classes)");
  const Tensor w = initial(*net).abs().to(at::kDouble);
  const Tensors params = net->unpack(w);  // weight, bias, gain, bias, weight, bias
  ASSERT_EQ(net->params()[4].name, "3.weight");
  // Every output is a sum over all paths, so that each layer's weights times their gradients add up to R.
  const double sum = scalar(at::mm(params[4], params[0]).sum());
  EXPECT_NEAR(score(synflow_estimator(), *net), std::log(2 * sum), 1e-12);
}

TEST(Synflow, of_rectifiers_is_the_number_of_layers_times_the_output) {
  const auto net = net_of("conv(4, nobias) leaky_relu(0.1) res{ conv(4, nobias) relu } maxpool(2) gap linear(classes)");
  const Tensor w = initial(*net).abs().to(at::kDouble);
  const double out = scalar(net->logits(w, at::ones({1, 2, 4, 5}, at::kDouble), {}).sum());
  // Paths through the shortcut do not pass the second convolution: its terms are the output less theirs.
  const Tensor without = w.clone();
  net->unpack(without)[1].zero_();
  const double around = scalar(net->logits(without, at::ones({1, 2, 4, 5}, at::kDouble), {}).sum());
  EXPECT_NEAR(score(synflow_estimator(), *net), std::log(3 * out - around), 1e-9);
}

TEST(Synflow, a_weight_normalised_layer_counts_as_its_effective_weight) {
  EXPECT_NEAR(score(synflow_estimator(), "conv(4, wn) norm(mean) relu flatten linear(6, wn) tanh linear(classes, wn)"),
              score(synflow_estimator(), "conv(4) norm(mean) relu flatten linear(6) tanh linear(classes)"), 1e-6);
}

TEST(Naswot, counts_equal_signs_before_each_activation) {
  const auto net = net_of("flatten linear(9) tanh res{ linear(9, nobias) relu } linear(classes)");
  const Batch batch = batch_of(3);
  const Tensors params = net->unpack(initial(*net));
  const Tensor flat = batch.x.permute({0, 2, 3, 1}).reshape({3, -1});
  const Tensor first = at::mm(flat, params[0].t()), second = at::mm(at::tanh(first), params[2].t());
  const Tensor signs = at::cat({first, second}, 1) > 0;
  double k[3][3];
  for (int64_t i = 0; i < 3; ++i)
    for (int64_t j = 0; j < 3; ++j) k[i][j] = static_cast<double>((signs[i] == signs[j]).sum().item<int64_t>());
  EXPECT_EQ(k[0][0], 18);
  const double det = k[0][0] * (k[1][1] * k[2][2] - k[1][2] * k[2][1]) -
                     k[0][1] * (k[1][0] * k[2][2] - k[1][2] * k[2][0]) +
                     k[0][2] * (k[1][0] * k[2][1] - k[1][1] * k[2][0]);
  EXPECT_NEAR(score(naswot_estimator(batch), *net), std::log(det), 1e-9);
}

TEST(Naswot, is_minus_infinity_where_images_cannot_be_told_apart) {
  const std::string text = "conv(4) relu flatten linear(classes)";
  Batch batch = batch_of(12);
  EXPECT_TRUE(std::isfinite(score(naswot_estimator(batch), text)));
  batch.x[7] = batch.x[2];
  EXPECT_EQ(score(naswot_estimator(batch), text), -INFINITY);
  EXPECT_EQ(score(naswot_estimator(batch_of(3)), "flatten linear(classes)"), -INFINITY);
}

double jacob_term(double eigenvalue) { return std::log(eigenvalue + 1e-5) + 1 / (eigenvalue + 1e-5); }

TEST(JacobCov, all_images_of_a_linear_net_have_one_jacobian) {
  const double expected = -(jacob_term(5) + 4 * jacob_term(0));
  EXPECT_NEAR(score(jacob_cov_estimator(batch_of(5)), "flatten linear(7) linear(classes)") / expected, 1, 1e-6);
}

TEST(JacobCov, two_images_against_autograd) {
  // Batch norm in training mode lets an image's Jacobian depend on the other image.
  const auto net = net_of("conv(4) norm(batch) tanh flatten linear(classes)");
  const Batch batch = batch_of(2);
  Duals params;
  for (const Tensor& view : net->unpack(initial(*net))) params.push_back({view, {}});
  const Tensor x = batch.x.clone().set_requires_grad(true);
  std::vector<Tape> tapes = net->tapes(Mode::train);
  const Tensor sum = net->forward(params, {x, {}}, tapes).value.sum();
  const Tensor rows = torch::autograd::grad({sum}, {x})[0].flatten(1).to(at::kDouble);
  const Tensor centred = rows - rows.mean(1, true);
  const double c = scalar(centred[0].dot(centred[1]) / (centred[0].norm() * centred[1].norm()));
  EXPECT_NEAR(score(jacob_cov_estimator(batch), *net), -(jacob_term(1 + c) + jacob_term(1 - c)), 1e-4);
}

TEST(JacobCov, a_constant_jacobian_has_no_correlation) {
  Batch dark = batch_of(3);
  dark.x = -dark.x.abs();  // nothing passes the rectifier
  EXPECT_TRUE(std::isnan(score(jacob_cov_estimator(dark), "relu flatten linear(classes)")));
}

TEST(GradientNorm, adds_up_the_norms_of_the_weights_gradients) {
  const auto net = net_of("conv(4) norm(batch) relu flatten linear(classes)");
  const Batch batch = batch_of(6);
  const Tensors grads = net->unpack(net->gradient(initial(*net), batch.x, batch.y).w);
  ASSERT_EQ(grads.size(), 6u);  // weight, bias, gain, bias, weight, bias
  const double expected = scalar(grads[0].norm()) + scalar(grads[4].norm());
  EXPECT_NEAR(score(gradient_norm_estimator(batch), *net), expected, 1e-5 * expected);
}

TEST(GradientNorm, a_weight_normalised_layer_counts_as_its_effective_weight) {
  const auto estimator = gradient_norm_estimator(batch_of(6));
  const double plain = score(estimator, "conv(4) norm(mean) relu flatten linear(classes)");
  EXPECT_NEAR(score(estimator, "conv(4, wn) norm(mean) relu flatten linear(classes, wn)"), plain, 1e-5 * plain);
}

std::vector<EstimatorPtr> all_proxies(const Batch& batch) {
  return {parameter_count_estimator(), multiply_adds_estimator(),  synflow_estimator(),
          naswot_estimator(batch),     jacob_cov_estimator(batch), gradient_norm_estimator(batch)};
}

TEST(Proxies, are_finite_on_every_preset_and_on_cells) {
  const Shape image{1, 28, 28};
  std::vector<std::shared_ptr<const Net>> nets;
  for (const Preset& preset : presets()) nets.push_back(make_net(preset.text, image, 10));
  for (const std::string cell :
       {"|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|avg_pool_3x3~0|nor_conv_1x1~1|skip_connect~2|",
        "|skip_connect~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"})
    nets.push_back(make_nasbench201(cell, image, 10, 8, 5));
  for (const auto& net : nets)
    for (const EstimatorPtr& proxy : all_proxies(batch_of(4, image, 10)))
      EXPECT_TRUE(std::isfinite(score(proxy, *net))) << proxy->name() << " of " << net->text();
}

TEST(Proxies, train_nothing_and_depend_on_the_key_alone) {
  const auto net = net_of("conv(4) norm(batch) relu flatten linear(classes)");
  std::set<std::string> names;
  const std::vector<int64_t> fidelities{1, 2};
  for (const EstimatorPtr& proxy : all_proxies(batch_of(4))) {
    names.insert(proxy->name());
    EXPECT_EQ(proxy->steps(), 0);
    const auto estimates = proxy->estimate(*net, fidelities, kKey);
    ASSERT_EQ(estimates.size(), 1u);
    EXPECT_EQ(estimates[0].cost.steps, 0);
    EXPECT_GE(estimates[0].cost.seconds, 0);
    EXPECT_EQ(estimates[0].score, score(proxy, *net));
    const bool draws = proxy->name() != "params" && proxy->name() != "flops";
    EXPECT_EQ(estimates[0].score != proxy->estimate(*net, fidelities, Key(4))[0].score, draws) << proxy->name();
  }
  EXPECT_EQ(names.size(), 6u);
}

}  // namespace
}  // namespace gtn
