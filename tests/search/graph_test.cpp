// Networks as DOT: every layer and every edge once, and nothing that a text could break out of.
#include "gtn/search/graph.h"

#include <gmock/gmock.h>

#include "gtn/nets/genotype.h"
#include "gtn/nets/spec.h"
#include "tests/core/run_command.h"

namespace gtn {
namespace {

using testing::HasSubstr;
using testing::Not;

size_t count_of(const std::string& text, const std::string& word) {
  size_t count = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST(Graph, a_row_of_layers_is_a_row_of_boxes) {
  const auto net = make_net("conv(4) relu maxpool(2) flatten linear(classes)", {1, 8, 8}, 3);
  EXPECT_EQ(dot_graph(*net),
            "digraph net {\n"
            "  label=\"235 parameters, 2496 multiply-adds\";\n"
            "  labelloc=t;\n"
            "  fontname=\"Helvetica\";\n"
            "  node [shape=box, style=rounded, fontname=\"Helvetica\", fontsize=11];\n"
            "  image [label=\"image\\n[1, 8, 8]\", shape=plaintext];\n"
            "  n0 [label=\"conv(4, k=3)\\n[4, 8, 8]\"];\n"
            "  image -> n0;\n"
            "  n1 [label=\"relu\\nmaxpool(2)\\nflatten\\n[64]\"];\n"
            "  n0 -> n1;\n"
            "  n2 [label=\"linear(3)\\n[3]\"];\n"
            "  n1 -> n2;\n"
            "}\n");
}

TEST(Graph, branches_meet_in_a_circle) {
  const auto net = make_net("relu res{ tanh silu conv(3) } gap linear(classes)", {3, 8, 8}, 3);
  const std::string dot = dot_graph(*net);
  // relu is read twice, so that what follows it has a box of its own.
  EXPECT_THAT(dot, HasSubstr("n0 [label=\"relu\\n[3, 8, 8]\"]"));
  EXPECT_THAT(dot, HasSubstr("n1 [label=\"tanh\\nsilu\\n[3, 8, 8]\"]"));
  EXPECT_THAT(dot, HasSubstr("n3 [label=\"+\", shape=circle"));
  for (const char* edge :
       {"image -> n0;", "n0 -> n1;", "n1 -> n2;", "n2 -> n3;", "n0 -> n3;", "n3 -> n4;", "n4 -> n5;"})
    EXPECT_EQ(count_of(dot, edge), 1u) << edge;
  EXPECT_EQ(count_of(dot, "->"), 7u);
}

TEST(Graph, a_layer_on_a_sum_stands_behind_its_circle) {
  const auto relu = make_net("relu gap linear(classes)", {1, 4, 4}, 2)->nodes();
  const Net net("", {1, 4, 4}, 2, {{{-1}, relu[0].layer}, {{0, -1}, relu[1].layer}, {{1}, relu[2].layer}});
  const std::string dot = dot_graph(net);
  EXPECT_THAT(dot, HasSubstr("n1 [label=\"+\""));
  for (const char* edge : {"n0 -> n1;", "image -> n1;", "n1 -> n2;", "n2 -> n3;"}) EXPECT_THAT(dot, HasSubstr(edge));
}

class Hostile final : public Layer {
 public:
  std::string text() const override { return "a\"];\nb\\\xff"; }
  Shape output_shape(const Shape& input) const override { return input; }
  Dual forward(std::span<const Dual>, const Dual& x, Tape&) const override { return x; }
  Dual backward(std::span<const Dual>, const Dual& grad_y, Tape&, std::span<Dual>) const override { return grad_y; }
};

TEST(Graph, a_text_cannot_leave_its_quotes) {
  const auto nodes = make_net("gap linear(classes)", {1, 4, 4}, 2)->nodes();
  const Net net("", {1, 4, 4}, 2, {{{-1}, std::make_shared<Hostile>()}, {{0}, nodes[0].layer}, {{1}, nodes[1].layer}});
  EXPECT_THAT(dot_graph(net), HasSubstr("n0 [label=\"a\\\"];?b\\\\?\\n"));
}

TEST(Graph, a_cell_has_as_many_circles_as_sums) {
  const auto net = make_nasbench201(
      "|nor_conv_3x3~0|+|nor_conv_3x3~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|nor_conv_3x3~2|", {3, 8, 8}, 10,
      2, 1);
  size_t sums = 0;
  for (const Node& node : net->nodes()) sums += node.layer ? 0 : 1;
  EXPECT_EQ(count_of(dot_graph(*net), "shape=circle"), sums);
}

}  // namespace
}  // namespace gtn
