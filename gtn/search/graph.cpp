#include "gtn/search/graph.h"

namespace gtn {
namespace {

// Inside a DOT string in double quotes, where a backslash begins an escape; only ASCII.
std::string escaped(const std::string& text) {
  std::string result;
  for (const unsigned char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c < 0x20 || c >= 0x7f ? '?' : static_cast<char>(c);
  }
  return result;
}

struct Box {
  std::vector<int> inputs;          // boxes; -1 is the image
  std::vector<std::string> layers;  // in a row; none: the sum of the inputs
  Shape shape;                      // of the output
  bool learns = false;              // has parameters
};

class Drawing {
 public:
  explicit Drawing(const Net& net) : net_(net), readers_(net.nodes().size()) {
    for (const Node& node : net.nodes())
      for (const int input : node.inputs)
        if (input >= 0) ++readers_[static_cast<size_t>(input)];
    for (const Node& node : net.nodes()) {
      add(node);
      box_of_.push_back(last());
      shapes_.push_back(boxes_.back().shape);
    }
  }

  const std::vector<Box>& boxes() const { return boxes_; }

 private:
  void add(const Node& node) {
    const int before = node.inputs.front();
    const Shape& shape = before < 0 ? net_.input() : shapes_[static_cast<size_t>(before)];
    std::vector<int> inputs;
    for (const int input : node.inputs) inputs.push_back(input < 0 ? -1 : box_of_[static_cast<size_t>(input)]);
    if (inputs.size() > 1 || !node.layer) {
      boxes_.push_back({inputs, {}, shape});
      inputs = {last()};
    }
    if (!node.layer) return;
    const bool learns = !node.layer->params().empty();
    const bool joins = node.inputs.size() == 1 && before >= 0 && readers_[static_cast<size_t>(before)] == 1 &&
                       inputs.front() == last() && !boxes_.back().layers.empty() && !boxes_.back().learns && !learns;
    if (!joins) boxes_.push_back({inputs, {}, {}, learns});
    boxes_.back().layers.push_back(node.layer->text());
    boxes_.back().shape = node.layer->output_shape(shape);
  }

  int last() const { return static_cast<int>(boxes_.size()) - 1; }

  const Net& net_;
  std::vector<int> readers_;  // how many nodes read each node
  std::vector<Box> boxes_;
  std::vector<int> box_of_;    // of each node
  std::vector<Shape> shapes_;  // of each node's output
};

std::string node_text(const Box& box) {
  if (box.layers.empty()) return "[label=\"+\", shape=circle, width=0.3, fixedsize=true]";
  std::string label;
  for (const std::string& layer : box.layers) label += escaped(layer) + "\\n";
  return "[label=\"" + label + escaped(to_string(box.shape)) + "\"]";
}

}  // namespace

std::string dot_graph(const Net& net) {
  std::string dot =
      "digraph net {\n  label=\"" + std::to_string(net.parameter_count()) + " parameters, " +
      std::to_string(net.multiply_adds()) +
      " multiply-adds\";\n  labelloc=t;\n  fontname=\"Helvetica\";\n"
      "  node [shape=box, style=rounded, fontname=\"Helvetica\", fontsize=11];\n  image [label=\"image\\n" +
      escaped(to_string(net.input())) + "\", shape=plaintext];\n";
  const Drawing drawing(net);
  const auto name = [](int box) { return box < 0 ? std::string("image") : "n" + std::to_string(box); };
  for (size_t i = 0; i < drawing.boxes().size(); ++i) {
    const Box& box = drawing.boxes()[i];
    const std::string own = name(static_cast<int>(i));
    dot += "  " + own + " " + node_text(box) + ";\n";
    for (const int input : box.inputs) dot += "  " + name(input) + " -> " + own + ";\n";
  }
  return dot + "}\n";
}

}  // namespace gtn
