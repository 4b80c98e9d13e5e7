#include "gtn/search/graph.h"

#include <map>

namespace gtn {
namespace {

// Inside a DOT string in double quotes.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return result;
}

struct Box {
  std::vector<int> inputs;  // boxes; -1 is the image
  std::vector<std::string> lines;
  Shape shape;
};

// Rows of nodes of which each is read by the next alone.
std::vector<Box> boxes_of(const Net& net) {
  const std::vector<Node>& nodes = net.nodes();
  std::vector<int> readers(nodes.size(), 0), box_of(nodes.size());
  for (const Node& node : nodes)
    for (const int input : node.inputs)
      if (input >= 0) ++readers[static_cast<size_t>(input)];
  std::vector<Box> boxes;
  std::vector<Shape> shapes;
  const auto shape_at = [&](int node) { return node < 0 ? net.input() : shapes[static_cast<size_t>(node)]; };
  for (size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    const Shape input = shape_at(node.inputs.front());
    shapes.push_back(node.layer ? node.layer->output_shape(input) : input);
    const int before = node.inputs.front();
    const bool follows = node.inputs.size() == 1 && before >= 0 && readers[static_cast<size_t>(before)] == 1;
    if (!follows) {
      std::vector<int> inputs;
      for (const int from : node.inputs) inputs.push_back(from < 0 ? -1 : box_of[static_cast<size_t>(from)]);
      boxes.push_back({inputs, {}, {}});
    }
    box_of[i] = follows ? box_of[static_cast<size_t>(before)] : static_cast<int>(boxes.size()) - 1;
    Box& box = boxes[static_cast<size_t>(box_of[i])];
    if (node.layer) box.lines.push_back(node.layer->text());
    box.shape = shapes.back();
  }
  return boxes;
}

}  // namespace

std::string dot_graph(const Net& net) {
  std::string dot = "digraph net {\n  rankdir=TB;\n  node [shape=box, fontname=\"Helvetica\"];\n  label=\"" +
                    escaped(net.text()) + "\\n" + std::to_string(net.parameter_count()) + " parameters, " +
                    std::to_string(net.multiply_adds()) + " multiply-adds\";\n  image [label=\"image " +
                    to_string(net.input()) + "\", shape=ellipse];\n";
  const std::vector<Box> boxes = boxes_of(net);
  const auto name = [](int box) { return box < 0 ? std::string("image") : "n" + std::to_string(box); };
  for (size_t i = 0; i < boxes.size(); ++i) {
    const Box& box = boxes[i];
    const std::string own = name(static_cast<int>(i));
    const bool sums = box.inputs.size() > 1;
    std::string label = sums ? "+\\n" : "";
    for (const std::string& line : box.lines) label += escaped(line) + "\\n";
    dot += "  " + own + " [label=\"" + label + to_string(box.shape) + "\"" +
           (box.lines.empty() ? ", shape=circle" : "") + "];\n";
    for (const int input : box.inputs) dot += "  " + name(input) + " -> " + own + ";\n";
  }
  return dot + "}\n";
}

}  // namespace gtn
