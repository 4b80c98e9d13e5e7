#include "gtn/nets/spec.h"

#include "gtn/core/error.h"
#include "gtn/core/nearest.h"
#include "gtn/core/quote.h"
#include "gtn/nets/cell_text.h"
#include "gtn/nets/genotype.h"
#include "gtn/nets/linear.h"
#include "gtn/nets/nao.h"
#include "gtn/nets/spec_layers.h"
#include "gtn/nets/spec_parser.h"

namespace gtn {
namespace {

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

  // Throws a usage error that lists every word that names no layer.
  void check_names(const std::vector<SpecItem>& items) const {
    Faults faults("");
    add_unknown(items, faults);
    faults.throw_if_any(ErrorKind::usage);
  }

  std::vector<Node> nodes() && { return std::move(nodes_); }

 private:
  void add_unknown(const std::vector<SpecItem>& items, Faults& faults) const {
    for (const SpecItem& item : items) {
      if (item.name != "res" && !layer_makers().contains(item.name))
        faults.add(item.place + ": '" + item.name + "' " + unknown(item.name));
      for (const std::vector<SpecItem>& body : item.bodies) add_unknown(body, faults);
    }
  }

  // What to say of a word that is no layer.
  std::string unknown(const std::string& word) const {
    std::vector<std::string> known;
    if (alone_)
      for (const Preset& preset : presets()) known.push_back(preset.name);
    known.emplace_back("res");
    for (const auto& [name, maker] : layer_makers()) known.push_back(name);
    std::string list;
    for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
    return std::string(alone_ ? "is neither a preset nor a layer" : "is not a layer") +
           hint(word, known, "; there are: " + list);
  }

  End layer(const SpecItem& item, const End& from) {
    SpecArguments arguments(item, classes_);
    if (!item.bodies.empty()) arguments.fail("takes no { }; only res does");
    LayerPtr made = layer_makers().at(item.name)(arguments, from.shape);
    arguments.expect_all_used();
    return append(std::move(made), from, arguments);
  }

  End residual(const SpecItem& item, const End& from) {
    const SpecArguments arguments(item, classes_);
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
  End projection(const End& from, const Shape& target, const SpecArguments& arguments) {
    if (from.shape == target) return from;
    if (from.shape.size() != 3 || target.size() != 3)
      arguments.fail("cannot add " + to_string(from.shape) + " to its body's " + to_string(target) +
                     "; give it a second body { } for the shortcut");
    ConvOptions o{.in = from.shape[0], .out = target[0], .kernel = {1, 1}, .padding = {0, 0}, .bias = Bias::none};
    for (size_t i = 0; i < 2; ++i)
      o.stride[i] = std::max<int64_t>(1, (from.shape[i + 1] + target[i + 1] - 1) / target[i + 1]);
    return append(std::make_shared<Conv>(o), from, arguments);
  }

  End append(LayerPtr made, const End& from, const SpecArguments& arguments) {
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
  try {
    const std::vector<SpecItem> items = parse_spec(expanded);
    if (items.empty())
      throw usage_error("", "is empty; write a preset such as base_fc, or layers such as 'flatten linear(classes)'");
    SpecBuilder builder(classes, items.size() == 1 && items[0].arguments.empty() && items[0].bodies.empty());
    builder.check_names(items);
    builder.sequence(items, {-1, input});
    return std::make_shared<Net>(to_string(items), input, classes, std::move(builder).nodes());
  } catch (const Error& error) {
    throw usage_error("learner " + quoted(text) + " on images " + to_string(input), error.what());
  }
}

}  // namespace gtn
