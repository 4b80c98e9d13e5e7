// Cells of the search space NAS-Bench-201 (Dong and Yang, 2020, arXiv 2001.00326), as text and as a learner. A cell has
// four nodes: 0 is its input, and node i sums one operation on each node before it, 3 being the output. The text lists
// the operations of the nodes 1, 2 and 3, each with the node it reads:
//
//   |nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|skip_connect~2|
#pragma once

#include <array>

#include "gtn/nets/net.h"

namespace gtn {

enum class CellOp {
  none,          // zero: the edge is not there
  skip_connect,  // the identity
  nor_conv_1x1,  // ReLU, convolution without bias, batch norm
  nor_conv_3x3,
  avg_pool_3x3,  // stride 1, padding left out of the mean
};

constexpr auto names_of(CellOp) {
  return std::to_array<std::pair<CellOp, std::string_view>>({{CellOp::none, "none"},
                                                             {CellOp::skip_connect, "skip_connect"},
                                                             {CellOp::nor_conv_1x1, "nor_conv_1x1"},
                                                             {CellOp::nor_conv_3x3, "nor_conv_3x3"},
                                                             {CellOp::avg_pool_3x3, "avg_pool_3x3"}});
}

inline constexpr int kCellNodes = 4;

struct CellGenotype {
  // The edge from node `from` to node `to` > `from`, in the order of the text: 0-1, 0-2, 1-2, 0-3, 1-3, 2-3.
  std::array<CellOp, kCellNodes*(kCellNodes - 1) / 2> edges{};

  CellOp edge(int from, int to) const {
    const auto node = static_cast<size_t>(to);
    return edges.at(node * (node - 1) / 2 + static_cast<size_t>(from));
  }
};

// Throws a usage error that names the column.
CellGenotype parse_nasbench201(const std::string& text);
// The text above: parsing it again gives the same cell.
std::string to_string(const CellGenotype& genotype);

// The benchmark's network around a cell: a 3x3 convolution to `width` channels and batch norm; three stages of `cells`
// cells at width, 2 width and 4 width, with a residual block of stride 2 before the second and the third; batch norm,
// ReLU, global average pooling, linear. The benchmark has width 16 and 5 cells. `input` is [C, H, W].
//
// What cannot matter is left out: operations whose result no path leads on, and those that only ever read zero. (The
// benchmark keeps both, so that it counts a few parameters more for such cells.)
//
// Throws a usage error where the text is wrong, where the cell's output is zero because `none` cuts every path to it,
// where H or W is no multiple of four, or width or cells lie outside 1 to 1024.
std::shared_ptr<const Net> make_nasbench201(const std::string& genotype, const Shape& input, int64_t classes,
                                            int64_t width, int64_t cells);

// The learner text of that network: "nasbench201(GENOTYPE, width=W, cells=N)".
std::string nasbench201_text(const std::string& genotype, int64_t width, int64_t cells);

}  // namespace gtn
