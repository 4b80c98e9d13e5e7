#include "gtn/nets/spec.h"

#include <charconv>
#include <functional>
#include <map>

#include "gtn/core/error.h"
#include "gtn/core/nearest.h"
#include "gtn/core/quote.h"
#include "gtn/nets/activation.h"
#include "gtn/nets/attention.h"
#include "gtn/nets/cell_text.h"
#include "gtn/nets/genotype.h"
#include "gtn/nets/linear.h"
#include "gtn/nets/nao.h"
#include "gtn/nets/norm.h"
#include "gtn/nets/pool.h"
#include "gtn/nets/spec_parser.h"

namespace gtn {
namespace {

using Pair = std::array<int64_t, 2>;
constexpr int64_t kMaxExtent = 1 << 16;    // of a width, kernel, stride ...
constexpr int64_t kMaxElements = 1 << 30;  // of a learner's parameters, and of one image's activations in one layer

// The number of elements of a shape, or kMaxElements + 1 where there are more (their product may not fit any integer).
int64_t bounded_elements(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) {
    if (extent > kMaxElements / count) return kMaxElements + 1;
    count *= extent;
  }
  return count;
}

// Reads the arguments of one item; complains about what nobody read.
class Arguments {
 public:
  Arguments(const SpecItem& item, int64_t classes) : item_(item), classes_(classes), used_(item.arguments.size()) {}

  std::optional<std::string> find(const std::string& name, int position = -1) {
    int at = 0;
    for (size_t i = 0; i < used_.size(); ++i) {
      const SpecArgument& argument = item_.arguments[i];
      if (argument.name.empty() ? at++ == position : argument.name == name) {
        used_[i] = true;
        return argument.value;
      }
    }
    return std::nullopt;
  }

  // A word such as nobias.
  bool flag(const std::string& word) {
    for (size_t i = 0; i < used_.size(); ++i) {
      if (!item_.arguments[i].name.empty() || item_.arguments[i].value != word) continue;
      used_[i] = true;
      return true;
    }
    return false;
  }

  int64_t extent(const std::string& name, int position, std::optional<int64_t> absent, int64_t low = 1) {
    const std::optional<std::string> text = find(name, position);
    if (!text && absent) return *absent;
    if (!text) fail("needs a " + name + ", as in " + item_.name + "(16)");
    return *text == "classes" ? classes_ : number(*text, name, low);
  }

  Pair pair(const std::string& name, Pair absent, int64_t low = 1) {
    const std::optional<std::string> text = find(name);
    if (!text) return absent;
    const size_t cross = text->find('x');
    if (cross == std::string::npos) return {number(*text, name, low), number(*text, name, low)};
    return {number(text->substr(0, cross), name, low), number(text->substr(cross + 1), name, low)};
  }

  double real(int position, double absent) {
    const std::optional<std::string> text = find("", position);
    if (!text) return absent;
    double value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size() || !std::isfinite(value))
      fail("'" + *text + "' is not a number");
    return value;
  }

  void expect_all_used() const {
    for (size_t i = 0; i < used_.size(); ++i)
      if (!used_[i])
        fail("does not know the argument '" + (item_.arguments[i].name.empty() ? "" : item_.arguments[i].name + "=") +
             item_.arguments[i].value + "'");
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw usage_error(item_.place, "'" + item_.name + "' " + what);
  }

 private:
  int64_t number(const std::string& text, const std::string& name, int64_t low) const {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < low || value > kMaxExtent)
      fail("needs a whole number from " + std::to_string(low) + " to " + std::to_string(kMaxExtent) + " for " + name +
           ", not '" + text + "'");
    return value;
  }

  const SpecItem& item_;
  int64_t classes_;
  std::vector<bool> used_;
};

int64_t channels_of(const Shape& input, const Arguments& arguments) {
  if (input.size() != 3)
    arguments.fail("needs an image [C, H, W], not " + to_string(input) + "; it must stand before flatten or gap");
  return input[0];
}

LayerPtr decorated(LayerPtr layer, bool weight_norm) {
  return weight_norm ? std::make_shared<WeightNorm>(std::move(layer)) : layer;
}

LayerPtr make_conv(Arguments& a, const Shape& input) {
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

LayerPtr make_linear(Arguments& a, const Shape& input) {
  if (input.size() != 1) a.fail("needs a vector, not " + to_string(input) + "; put flatten or gap before it");
  const Bias bias = a.flag("nobias") ? Bias::none : Bias::learned;
  const bool weight_norm = a.flag("wn");
  return decorated(std::make_shared<Linear>(input[0], a.extent("width", 0, std::nullopt), bias), weight_norm);
}

LayerPtr make_pool(PoolKind kind, Arguments& a) {
  const int64_t kernel = a.extent("window", 0, std::nullopt);
  const int64_t stride = a.extent("s", -1, kernel);
  if (a.find("p") == "same") return std::make_shared<Pool>(Pool::same(kind, kernel, stride));
  return std::make_shared<Pool>(kind, kernel, stride, a.extent("p", -1, 0, 0));
}

LayerPtr make_attention(Arguments& a, const Shape& input) {
  const int64_t channels = channels_of(input, a), heads = a.extent("heads", -1, 1);
  if (channels % heads != 0 && !a.find("dim"))
    a.fail("cannot share " + std::to_string(channels) + " channels among " + std::to_string(heads) +
           " heads; give dim=, the channels of a head");
  return std::make_shared<Attention>(channels, heads, a.extent("dim", -1, channels / heads));
}

LayerPtr make_norm(Arguments& a, const Shape& input) {
  if (a.flag("mean")) return std::make_shared<MeanNorm>(input[0]);
  if (a.flag("batch")) return std::make_shared<StandardNorm>(NormOver::batch, input[0]);
  if (a.flag("instance")) return std::make_shared<StandardNorm>(NormOver::instance, input[0]);
  a.fail("needs its kind: norm(mean), norm(batch) or norm(instance)");
}

using Maker = std::function<LayerPtr(Arguments&, const Shape&)>;

const std::map<std::string, Maker>& makers() {
  static const std::map<std::string, Maker> table{
      {"conv", make_conv},
      {"linear", make_linear},
      {"norm", make_norm},
      {"attention", make_attention},
      {"maxpool", [](Arguments& a, const Shape&) { return make_pool(PoolKind::max, a); }},
      {"avgpool", [](Arguments& a, const Shape&) { return make_pool(PoolKind::average, a); }},
      {"gap", [](Arguments&, const Shape&) { return std::make_shared<GlobalAveragePool>(); }},
      {"flatten", [](Arguments&, const Shape&) { return std::make_shared<Flatten>(); }},
      {"relu", [](Arguments&, const Shape&) { return std::make_shared<LeakyRelu>(0.0); }},
      {"leaky_relu", [](Arguments& a, const Shape&) { return std::make_shared<LeakyRelu>(a.real(0, 0.1)); }},
      {"tanh", [](Arguments&, const Shape&) { return std::make_shared<Tanh>(); }},
      {"silu", [](Arguments&, const Shape&) { return std::make_shared<Silu>(); }},
  };
  return table;
}

// Turns the tree into nodes, following the shape from layer to layer.
class SpecBuilder {
 public:
  // `alone`: the text is one word, which may have been meant as a preset.
  SpecBuilder(int64_t classes, bool alone) : classes_(classes), alone_(alone) {}

  struct End {
    int node;
    Shape shape;
  };

  End sequence(const std::vector<SpecItem>& items, End from) {
    for (const SpecItem& item : items) from = item.name == "res" ? residual(item, from) : layer(item, from);
    return from;
  }

  std::vector<Node> nodes() && { return std::move(nodes_); }

 private:
  // What to say of a word that is no layer.
  std::string unknown(const std::string& word) const {
    std::vector<std::string> known;
    if (alone_)
      for (const Preset& preset : presets()) known.push_back(preset.name);
    known.emplace_back("res");
    for (const auto& [name, maker] : makers()) known.push_back(name);
    const std::string near = nearest(word, known);
    std::string list;
    for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
    return std::string(alone_ ? "is neither a preset nor a layer" : "is not a layer") +
           (near.empty() ? "; there are: " + list : ", did you mean '" + near + "'?");
  }

  End layer(const SpecItem& item, const End& from) {
    Arguments arguments(item, classes_);
    const auto maker = makers().find(item.name);
    if (maker == makers().end()) arguments.fail(unknown(item.name));
    if (!item.bodies.empty()) arguments.fail("takes no { }; only res does");
    LayerPtr made = maker->second(arguments, from.shape);
    arguments.expect_all_used();
    return append(std::move(made), from, arguments);
  }

  End residual(const SpecItem& item, const End& from) {
    const Arguments arguments(item, classes_);
    arguments.expect_all_used();
    if (item.bodies.empty() || item.bodies.size() > 2)
      arguments.fail("needs a body { }, and at most a second one for the shortcut");
    const End body = sequence(item.bodies[0], from);
    const End shortcut =
        item.bodies.size() == 2 ? sequence(item.bodies[1], from) : projection(from, body.shape, arguments);
    if (shortcut.shape != body.shape)
      arguments.fail("cannot add its branches " + to_string(body.shape) + " and " + to_string(shortcut.shape));
    nodes_.push_back({{body.node, shortcut.node}, nullptr});
    return {static_cast<int>(nodes_.size()) - 1, body.shape};
  }

  // x itself, or a strided 1x1 convolution of it where the body changed the shape.
  End projection(const End& from, const Shape& target, const Arguments& arguments) {
    if (from.shape == target) return from;
    if (from.shape.size() != 3 || target.size() != 3)
      arguments.fail("cannot add " + to_string(from.shape) + " to its body's " + to_string(target) +
                     "; give it a second body { } for the shortcut");
    ConvOptions o{.in = from.shape[0], .out = target[0], .kernel = {1, 1}, .padding = {0, 0}, .bias = Bias::none};
    for (size_t i = 0; i < 2; ++i)
      o.stride[i] = std::max<int64_t>(1, (from.shape[i + 1] + target[i + 1] - 1) / target[i + 1]);
    return append(std::make_shared<Conv>(o), from, arguments);
  }

  End append(LayerPtr made, const End& from, const Arguments& arguments) {
    Shape shape;
    try {
      shape = made->output_shape(from.shape);
    } catch (const Error& error) {
      arguments.fail(std::string("does not fit: ") + error.what());
    }
    for (const ParamSpec& spec : made->params()) parameters_ += bounded_elements(spec.shape);
    if (parameters_ > kMaxElements) arguments.fail("makes the learner larger than a billion parameters");
    if (bounded_elements(shape) > kMaxElements) arguments.fail("makes more than a billion activations of one image");
    nodes_.push_back({{from.node}, std::move(made)});
    return {static_cast<int>(nodes_.size()) - 1, shape};
  }

  int64_t classes_;
  bool alone_;
  int64_t parameters_ = 0;
  std::vector<Node> nodes_;
};

}  // namespace

std::shared_ptr<const Net> make_net(const std::string& text, const Shape& input, int64_t classes) {
  if (const auto network = read_cell_network("nasbench201", text))
    return make_nasbench201(network->genotype, input, classes, network->width, network->cells);
  if (const auto network = read_cell_network("nao", text))
    return make_nao(network->genotype, input, classes, network->width, network->cells);
  std::string expanded = text;
  for (const Preset& preset : presets())
    if (preset.name == text) expanded = preset.text;
  const std::vector<SpecItem> items = parse_spec(expanded);
  if (items.empty())
    throw usage_error("learner text",
                      "is empty; write a preset such as base_fc, or layers such as 'flatten linear(classes)'");
  try {
    SpecBuilder builder(classes, items.size() == 1 && items[0].arguments.empty() && items[0].bodies.empty());
    builder.sequence(items, {-1, input});
    return std::make_shared<Net>(to_string(items), input, classes, std::move(builder).nodes());
  } catch (const Error& error) {
    throw usage_error("learner " + quoted(text) + " on images " + to_string(input), error.what());
  }
}

}  // namespace gtn
