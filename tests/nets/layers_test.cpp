// The forward passes, against LibTorch's own functions. (The contract suite checks derivatives of these forwards.)
#include <gtest/gtest.h>

#include "gtn/core/error.h"
#include "gtn/nets/loss.h"
#include "gtn/nets/spec.h"

namespace gtn {
namespace {

struct Case {
  Tensor x = Key(1).normal({4, 3, 9, 7}).to(at::kDouble);
  // Output of a single-layer text on x in training mode, and its parameters.
  Tensor y;
  Tensors params;
};

Case run(const std::string& text) {
  Case c;
  // Behind gap and linear the layer's own output is not visible, so it is read from its node.
  const auto net = make_net(text + " gap linear(classes)", {3, 9, 7}, 2);
  const Tensor w = (net->initial(Key(2)) + 0.3 * Key(3).normal({net->parameter_count()})).to(at::kDouble);
  c.params = net->unpack(w);
  const LayerPtr layer = net->nodes()[0].layer;
  Duals params;
  for (size_t i = 0; i < layer->params().size(); ++i) params.push_back({c.params[i], {}});
  Tape tape;
  c.y = layer->forward(params, {c.x, {}}, tape).value;
  return c;
}

TEST(Forward, equals_libtorch) {
  Case c = run("conv(6, k=3x5, s=2x1, g=3)");
  EXPECT_TRUE(at::allclose(c.y, at::conv2d(c.x, c.params[0], c.params[1], {2, 1}, {1, 2}, 1, 3)));
  c = run("conv(4, k=3, wn, nobias)");
  EXPECT_TRUE(
      at::allclose(c.y, at::conv2d(c.x, at::_weight_norm(c.params[1], c.params[0].view({-1, 1, 1, 1}), 0), {}, 1, 1)));
  c = run("maxpool(3, s=2, p=1)");
  EXPECT_TRUE(at::allclose(c.y, at::max_pool2d(c.x, 3, 2, 1)));
  c = run("avgpool(3, s=2, p=1)");
  EXPECT_TRUE(at::allclose(c.y, at::avg_pool2d(c.x, 3, 2, 1, false, /*count_include_pad=*/false)));
  c = run("norm(batch)");
  EXPECT_TRUE(at::allclose(c.y, at::batch_norm(c.x, c.params[0], c.params[1], {}, {}, true, 0, 1e-5, false)));
  c = run("norm(instance)");
  EXPECT_TRUE(at::allclose(c.y, at::instance_norm(c.x, c.params[0], c.params[1], {}, {}, true, 0, 1e-5, false)));
  c = run("norm(mean)");
  EXPECT_TRUE(at::allclose(c.y, c.x - c.x.mean({0, 2, 3}, true) + c.params[0].view({1, -1, 1, 1})));
  EXPECT_TRUE(at::allclose(run("silu").y, at::silu(c.x)));
  EXPECT_TRUE(at::allclose(run("leaky_relu(0.2)").y, at::leaky_relu(c.x, 0.2)));
}

TEST(Forward, soft_label_cross_entropy_equals_libtorch) {
  const Tensor z = Key(4).normal({5, 3}), y = at::softmax(Key(5).normal({5, 3}), 1);
  EXPECT_TRUE(at::allclose(cross_entropy({z, {}}, {y, {}}).loss.value, at::cross_entropy_loss(z, y)));
}

TEST(Initial, is_kaiming_and_depends_on_the_key_alone) {
  const auto net = make_net("conv(64, k=5) relu flatten linear(classes)", {8, 12, 12}, 10);
  const Tensor a = net->initial(Key(1));
  EXPECT_TRUE(at::equal(a, net->initial(Key(1))));
  EXPECT_FALSE(at::equal(a, net->initial(Key(2))));
  const Tensor weight = net->unpack(a)[0];
  EXPECT_NEAR(scalar(weight.std()), std::sqrt(2.0 / (8 * 25)), 0.003);
  EXPECT_EQ(scalar(net->unpack(a)[1].abs().max()), 0.0);
  // A weight-normalised layer starts as the plain one: gain = |direction|.
  const auto wn = make_net("flatten linear(classes, wn)", {1, 4, 4}, 3);
  const Tensors params = wn->unpack(wn->initial(Key(1)));
  EXPECT_TRUE(at::allclose(params[0], params[1].norm(2, 1)));
}

TEST(Spec, text_round_trips_and_shapes_follow) {
  for (const Preset& preset : presets()) {
    const auto net = make_net(preset.name, {1, 28, 28}, 10);
    const auto again = make_net(net->text(), {1, 28, 28}, 10);
    EXPECT_EQ(net->text(), again->text());
    EXPECT_EQ(net->parameter_count(), again->parameter_count());
    EXPECT_EQ(net->logits(net->initial(Key(1)), at::zeros({2, 1, 28, 28}),
                          net->calibrate(net->initial(Key(1)), {at::zeros({2, 1, 28, 28})}))
                  .sizes(),
              (Shape{2, 10}));
  }
  // 1*9*64+64*9*128+128 gains... of the paper's learner, counted by hand.
  EXPECT_EQ(make_net("base_fc", {1, 28, 28}, 10)->parameter_count(),
            (64 * 9 + 64 + 64) + (128 * 64 * 9 + 128 + 128) + (256 * 128 * 49 + 256 + 256) + (10 * 256 + 10 + 10));
}

std::string input_message(const std::string& text, const Shape& input = {1, 28, 28}) {
  try {
    make_net(text, input, 10);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "no error";
}

TEST(Spec, faults_name_the_place_and_the_cure) {
  using testing::AssertionFailure;
  const auto contains = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  const std::pair<const char*, const char*> cases[] = {
      {"", "is empty"},
      {"conv(8)  # one\nflatten relo  # two\nlinear(classes)", "line 2, column 9: 'relo' is not a layer"},
      {"conv(8) relo flatten linear(classes)", "column 9: 'relo' is not a layer, did you mean 'relu'?"},
      {"conv(8) dropout flatten", "column 9: 'dropout' is not a layer; there are: res, attention, avgpool, conv"},
      {"lenett", "column 1: 'lenett' is neither a preset nor a layer, did you mean 'lenet'?"},
      {"transformer", "neither a preset nor a layer; there are: base_fc, convnet3, lenet"},
      {"conv(8, q=3) flatten linear(classes)", "does not know the argument 'q=3'"},
      {"conv() flatten linear(classes)", "needs a width"},
      {"conv(8, k=0) flatten linear(classes)", "needs a whole number from 1"},
      {"conv(8, g=3) flatten linear(classes)", "3 groups do not divide 1 input"},
      {"linear(10)", "put flatten or gap before it"},
      {"flatten conv(8)", "must stand before flatten"},
      {"conv(8) gap", "end with 'linear(classes)'"},
      {"maxpool(2) maxpool(2) maxpool(2) maxpool(2) maxpool(2) flatten linear(classes)", "window is larger"},
      {"conv(8", "',' or ')' is missing"},
      {"res{ conv(8)", "'}' is missing"},
      {"conv(8) } flatten", "'}' closes nothing"},
      {"flatten linear(65536) linear(65536) linear(classes)", "larger than a billion"},
      {"conv(65536, k=65535, p=40000) gap linear(classes)", "a billion"},
      {"norm flatten linear(classes)", "norm(mean), norm(batch) or norm(instance)"},
      {"leaky_relu(x) flatten linear(classes)", "is not a number"},
      {"relu{ tanh } flatten linear(classes)", "only res does"},
      {"a{a{a{a{a{a{a{a{a{a{a", "nested deeper"},
  };
  for (const auto& [text, part] : cases)
    EXPECT_TRUE(contains(input_message(text), part)) << text << "\n" << input_message(text);
}

}  // namespace
}  // namespace gtn
