// Cells of the search space of NAO (Luo et al., 2018, arXiv 1808.07233), in which the paper searches, as text and as a
// learner. There are two cells: a normal one, and a reduction cell, which halves the image and doubles the channels. A
// cell has five nodes; each applies an operation to either of two inputs and adds the results. The text lists the nodes
// 2 to 6 of a cell, each operation behind the node that it reads; 0 and 1 are the outputs of the cell before the last
// and of the last one. It is one line, broken here:
//
//   normal[0:conv3x3 1:maxpool3 | 0:identity 2:conv1x1 | 1:avgpool3 1:identity
//          | 2:conv3x3 4:identity | 0:conv1x1 1:conv1x1]
//   reduction[0:maxpool3 1:conv3x3 | 1:avgpool2 2:identity | 0:conv1x7_7x1 1:maxpool5
//             | 3:identity 4:identity | 2:conv1x1 0:maxpool2]
//
// The nodes of a cell that no other node of it reads are its output, concatenated.
#pragma once

#include <array>
#include <compare>

#include "gtn/nets/net.h"

namespace gtn {

// Convolutions are ReLU, convolution without bias (for the last two, two of them), batch norm. Pools keep the size of
// the image and leave padding out. On an input of a reduction cell all have stride 2, and the identity is a 1x1
// convolution there.
enum class NaoOp {
  identity,
  conv1x1,
  conv3x3,
  conv1x3_3x1,
  conv1x7_7x1,
  maxpool2,
  maxpool3,
  maxpool5,
  avgpool2,
  avgpool3,
  avgpool5,
};

constexpr auto names_of(NaoOp) {
  return std::to_array<std::pair<NaoOp, std::string_view>>({{NaoOp::identity, "identity"},
                                                            {NaoOp::conv1x1, "conv1x1"},
                                                            {NaoOp::conv3x3, "conv3x3"},
                                                            {NaoOp::conv1x3_3x1, "conv1x3_3x1"},
                                                            {NaoOp::conv1x7_7x1, "conv1x7_7x1"},
                                                            {NaoOp::maxpool2, "maxpool2"},
                                                            {NaoOp::maxpool3, "maxpool3"},
                                                            {NaoOp::maxpool5, "maxpool5"},
                                                            {NaoOp::avgpool2, "avgpool2"},
                                                            {NaoOp::avgpool3, "avgpool3"},
                                                            {NaoOp::avgpool5, "avgpool5"}});
}

inline constexpr int kNaoInputs = 2;  // of a cell
inline constexpr int kNaoNodes = 5;

struct NaoEdge {
  int from = 0;  // 0 and 1: the cell's inputs; 2 + i: the cell's element i
  NaoOp op = NaoOp::identity;
  auto operator<=>(const NaoEdge&) const = default;
};
using NaoNode = std::array<NaoEdge, 2>;
using NaoCell = std::array<NaoNode, kNaoNodes>;  // every node reads earlier ones

struct NaoGenotype {
  NaoCell normal, reduction;
  auto operator<=>(const NaoGenotype&) const = default;
};

// Throws a usage error that names the column and what may stand there. Blanks may be left out or added between the
// parts, but for one between the two operations of a node.
NaoGenotype parse_nao(const std::string& text);
// The text above: parsing it again gives the same genotype.
std::string to_string(const NaoGenotype& genotype);

// The network around the cells: a 3x3 convolution to `width` channels and batch norm; three stages of `cells` normal
// cells at width, 2 width and 4 width, a reduction cell before the second and the third; global average pooling,
// linear. `input` is [C, H, W] of any size.
//
// Before a cell works on an input, ReLU, a 1x1 convolution and batch norm give it the cell's channels; where that input
// is larger than the other one (it comes from before a reduction), the convolution has stride 2. No concatenation is
// ever made: a 1x1 convolution of one is the sum of 1x1 convolutions of its parts, and a linear layer likewise. (So the
// first weights are drawn for the fan-in of a part, not of all.) What the logits do not depend on is left out: where a
// cell reads only the cell before the last, whole cells.
//
// Throws a usage error where the text is wrong, the input is no image, or width or cells lie outside 1 to 1024.
std::shared_ptr<const Net> make_nao(const std::string& genotype, const Shape& input, int64_t classes, int64_t width,
                                    int64_t cells);

// The learner text of that network: "nao(GENOTYPE, width=W, cells=N)".
std::string nao_text(const std::string& genotype, int64_t width, int64_t cells);

}  // namespace gtn
