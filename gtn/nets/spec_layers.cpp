#include "gtn/nets/spec_layers.h"

#include <memory>
#include <utility>

#include "gtn/nets/activation.h"
#include "gtn/nets/attention.h"
#include "gtn/nets/linear.h"
#include "gtn/nets/norm.h"
#include "gtn/nets/pool.h"

namespace gtn {
namespace {

int64_t channels_of(const Shape& input, const SpecArguments& arguments) {
  if (input.size() != 3)
    arguments.fail("needs an image [C, H, W], not " + to_string(input) + "; it must stand before flatten or gap");
  return input[0];
}

LayerPtr decorated(LayerPtr layer, bool weight_norm) {
  return weight_norm ? std::make_shared<WeightNorm>(std::move(layer)) : layer;
}

LayerPtr make_conv(SpecArguments& a, const Shape& input) {
  ConvOptions o{.in = channels_of(input, a), .bias = a.flag("nobias") ? Bias::none : Bias::learned};
  const bool weight_norm = a.flag("wn");
  o.out = a.extent("width", 0, std::nullopt);
  o.kernel = a.pair("k", {3, 3});
  o.stride = a.pair("s", {1, 1});
  o.dilation = a.pair("d", {1, 1});
  o.padding = a.pair("p", {o.dilation[0] * (o.kernel[0] / 2), o.dilation[1] * (o.kernel[1] / 2)}, 0);
  o.groups = a.extent("g", -1, 1);
  return decorated(std::make_shared<Conv>(o), weight_norm);
}

LayerPtr make_linear(SpecArguments& a, const Shape& input) {
  if (input.size() != 1) a.fail("needs a vector, not " + to_string(input) + "; put flatten or gap before it");
  const Bias bias = a.flag("nobias") ? Bias::none : Bias::learned;
  const bool weight_norm = a.flag("wn");
  return decorated(std::make_shared<Linear>(input[0], a.extent("width", 0, std::nullopt), bias), weight_norm);
}

LayerPtr make_pool(PoolKind kind, SpecArguments& a) {
  const int64_t kernel = a.extent("window", 0, std::nullopt);
  const int64_t stride = a.extent("s", -1, kernel);
  if (a.find("p") == "same") return std::make_shared<Pool>(Pool::same(kind, kernel, stride));
  return std::make_shared<Pool>(kind, kernel, stride, a.extent("p", -1, 0, 0));
}

LayerPtr make_attention(SpecArguments& a, const Shape& input) {
  const int64_t channels = channels_of(input, a), heads = a.extent("heads", -1, 1);
  if (channels % heads != 0 && !a.find("dim"))
    a.fail("cannot share " + std::to_string(channels) + " channels among " + std::to_string(heads) +
           " heads; give dim=, the channels of a head");
  return std::make_shared<Attention>(channels, heads, a.extent("dim", -1, channels / heads));
}

LayerPtr make_norm(SpecArguments& a, const Shape& input) {
  if (a.flag("mean")) return std::make_shared<MeanNorm>(input[0]);
  if (a.flag("batch")) return std::make_shared<StandardNorm>(NormOver::batch, input[0]);
  if (a.flag("instance")) return std::make_shared<StandardNorm>(NormOver::instance, input[0]);
  a.fail("needs its kind: norm(mean), norm(batch) or norm(instance)");
}

}  // namespace

const std::map<std::string, LayerMaker>& layer_makers() {
  static const std::map<std::string, LayerMaker> table{
      {"conv", make_conv},
      {"linear", make_linear},
      {"norm", make_norm},
      {"attention", make_attention},
      {"maxpool", [](SpecArguments& a, const Shape&) { return make_pool(PoolKind::max, a); }},
      {"avgpool", [](SpecArguments& a, const Shape&) { return make_pool(PoolKind::average, a); }},
      {"gap", [](SpecArguments&, const Shape&) { return std::make_shared<GlobalAveragePool>(); }},
      {"flatten", [](SpecArguments&, const Shape&) { return std::make_shared<Flatten>(); }},
      {"relu", [](SpecArguments&, const Shape&) { return std::make_shared<LeakyRelu>(0.0); }},
      {"leaky_relu", [](SpecArguments& a, const Shape&) { return std::make_shared<LeakyRelu>(a.real(0, 0.1)); }},
      {"tanh", [](SpecArguments&, const Shape&) { return std::make_shared<Tanh>(); }},
      {"silu", [](SpecArguments&, const Shape&) { return std::make_shared<Silu>(); }},
  };
  return table;
}

}  // namespace gtn
