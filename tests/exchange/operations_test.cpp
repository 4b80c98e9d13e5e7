// A network as operations, worked out by a plain reader of them, against the network itself.
#include "gtn/exchange/operations.h"

#include <gmock/gmock.h>

#include "gtn/nets/activation.h"
#include "tests/core/expect_error.h"
#include "tests/exchange/networks.h"

namespace gtn {
namespace {

Tensor per_channel_of(const Tensor& values, const Tensor& x) {
  return x.dim() == 4 ? values.view({1, -1, 1, 1}) : values.view({1, -1});
}

// What LibTorch makes of an operation; pools in the way of their definition, over windows of an image that is padded by
// what does not count.
struct PlainReader {
  Tensor x;

  Tensor operator()(const SumOperation&) const { return x; }
  Tensor operator()(const ConvOperation& c) const {
    return at::conv2d(x, c.weight, c.bias, c.options.stride, c.options.padding, c.options.dilation, c.options.groups);
  }
  Tensor operator()(const LinearOperation& l) const { return at::linear(x, l.weight, l.bias); }
  Tensor operator()(const PoolOperation& pool) const {
    const PoolOptions& o = pool.options;
    const auto windows = [&](const Tensor& t, double fill) {
      const Tensor padded = at::constant_pad_nd(t, {o.before, o.after, o.before, o.after}, fill);
      return padded.unfold(2, o.kernel, o.stride).unfold(3, o.kernel, o.stride);
    };
    if (o.kind == PoolKind::max) return windows(x, -INFINITY).amax({4, 5});
    return windows(x, 0).sum({4, 5}) / windows(at::ones_like(x), 0).sum({4, 5});
  }
  Tensor operator()(const GlobalPoolOperation&) const { return x.mean({2, 3}); }
  Tensor operator()(const FlattenOperation&) const { return x.dim() == 4 ? x.permute({0, 2, 3, 1}).flatten(1) : x; }
  Tensor operator()(const LeakyReluOperation& relu) const { return at::where(x > 0, x, x * relu.slope); }
  Tensor operator()(const TanhOperation&) const { return at::tanh(x); }
  Tensor operator()(const SiluOperation&) const { return at::silu(x); }
  Tensor operator()(const MeanNormOperation& n) const { return x + per_channel_of(n.bias - n.mean, x); }
  Tensor operator()(const BatchNormOperation& n) const {
    return at::batch_norm(x, n.gain, n.bias, n.mean, n.variance, false, 0, 1e-5, false);
  }
  Tensor operator()(const InstanceNormOperation& n) const {
    return at::instance_norm(x, n.gain, n.bias, {}, {}, true, 0, 1e-5, false);
  }
  Tensor operator()(const AttentionOperation& a) const {
    const Tensor rows = x.flatten(2).transpose(1, 2);
    const auto heads = [&](const Tensor& weight) {
      return at::linear(rows, weight).view({x.size(0), -1, a.heads, a.dim}).transpose(1, 2);
    };
    const Tensor scores = at::matmul(heads(a.query), heads(a.key).transpose(2, 3)) / std::sqrt(double(a.dim));
    const Tensor mixed = at::matmul(scores.softmax(3), heads(a.value)).transpose(1, 2).flatten(2);
    return at::linear(mixed, a.output).transpose(1, 2).reshape(x.sizes());
  }
};

Tensor read_plainly(const std::vector<Operation>& operations, const Tensor& image) {
  Tensors results;
  for (const Operation& operation : operations) {
    Tensor x;
    for (const int index : operation.inputs) {
      const Tensor& part = index < 0 ? image : results.at(static_cast<size_t>(index));
      x = x.defined() ? x + part : part;
    }
    EXPECT_EQ(x[0].sizes(), at::IntArrayRef(operation.input));
    results.push_back(std::visit(PlainReader{x}, operation.what));
    EXPECT_EQ(results.back()[0].sizes(), at::IntArrayRef(operation.output));
  }
  return results.back();
}

TEST(Operations, say_what_a_network_computes) {
  for (const std::string& text : exported_texts()) {
    const auto [net, w, statistics] = finished(text);
    const Tensor x = Key(1).normal({4, 3, 12, 8});
    const Tensor ours = net->logits(w, x, statistics);
    const Tensor read = read_plainly(operations_of(*net, w, statistics), x);
    EXPECT_LT(scalar((read - ours).abs().max()), 1e-4 * (1 + scalar(ours.abs().max()))) << text;
  }
}

TEST(Operations, have_one_input_unless_they_are_a_sum) {
  for (const std::string& text : exported_texts()) {
    const auto [net, w, statistics] = finished(text);
    for (const Operation& operation : operations_of(*net, w, statistics))
      EXPECT_EQ(operation.inputs.size() > 1, std::holds_alternative<SumOperation>(operation.what)) << text;
  }
}

TEST(Operations, need_the_statistics_of_their_network) {
  const auto [net, w, statistics] = finished("conv(4) norm(batch) gap norm(mean) linear(classes)");
  EXPECT_EQ(statistics_shapes(*net), (std::vector<Shape>{{4}, {4}, {4}}));
  EXPECT_THROW(operations_of(*net, w, {}), std::invalid_argument);
  EXPECT_THROW(operations_of(*net, w, {statistics[0], statistics[1], at::zeros({5})}), std::invalid_argument);
}

// A layer that only a program with this library knows.
class Unheard final : public Layer {
 public:
  std::string text() const override { return "unheard"; }
  Shape output_shape(const Shape& input) const override { return input; }
  Dual forward(std::span<const Dual>, const Dual& x, Tape&) const override { return x; }
  Dual backward(std::span<const Dual>, const Dual& grad_y, Tape&, std::span<Dual>) const override { return grad_y; }
};

TEST(Operations, name_a_layer_that_there_is_none_for) {
  const Net net("", {3}, 3, {{{-1}, std::make_shared<Unheard>()}});
  expect_error([&] { operations_of(net, at::zeros({0}), {}); }, ErrorKind::failure, {"unheard", "is a layer that"});
}

}  // namespace
}  // namespace gtn
