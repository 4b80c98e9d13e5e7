#include "gtn/nets/genotype.h"

#include <algorithm>

#include "gtn/core/error.h"
#include "gtn/core/quote.h"
#include "gtn/nets/cell_text.h"
#include "gtn/nets/node_list.h"
#include "gtn/nets/norm.h"
#include "gtn/nets/pool.h"

namespace gtn {
namespace {

class CellParser {
 public:
  explicit CellParser(const std::string& text) : text_(text) {}

  CellGenotype genotype() {
    CellGenotype result;
    size_t edge = 0;
    for (int to = 1; to < kCellNodes; ++to) {
      if (to > 1) expect("+");
      expect("|");
      for (int from = 0; from < to; ++from) {
        result.edges[edge++] = operation();
        expect("~" + std::to_string(from));
        expect("|");
      }
    }
    if (position_ != text_.size()) fail("nothing may follow the third node");
    return result;
  }

 private:
  CellOp operation() {
    const size_t end = std::min(text_.find_first_of("~|+", position_), text_.size());
    const std::string word = text_.substr(position_, end - position_);
    const auto op = operation_named<CellOp>(word);
    if (!op) fail(quoted(word) + " is not an operation; there are: " + operation_names<CellOp>());
    position_ = end;
    return *op;
  }

  void expect(const std::string& token) {
    if (text_.compare(position_, token.size(), token) != 0)
      fail("'" + token + "' is expected here, as in |nor_conv_3x3~0|+|none~0|skip_connect~1|+|...~0|...~1|...~2|");
    position_ += token.size();
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw usage_error("genotype " + quoted(text_) + ", column " + std::to_string(position_ + 1), what);
  }

  const std::string& text_;
  size_t position_ = 0;
};

class CellBuilder {
 public:
  explicit CellBuilder(const CellGenotype& genotype) : genotype_(genotype) {}

  std::vector<Node> network(const Shape& input, int64_t classes, int64_t width, int64_t cells) && {
    int x = nodes_.conv_norm(-1, {.in = input[0], .out = width});
    for (const int64_t scale : {1, 2, 4}) {
      const int64_t channels = width * scale;
      if (scale > 1) x = reduction(x, channels / 2);
      for (int64_t i = 0; i < cells; ++i) x = cell(x, channels);
    }
    x = nodes_.append(x, std::make_shared<StandardNorm>(NormOver::batch, 4 * width));
    x = nodes_.append(nodes_.relu(x), std::make_shared<GlobalAveragePool>());
    nodes_.append(x, std::make_shared<Linear>(4 * width, classes, Bias::learned));
    return std::move(nodes_).take();
  }

  // Whether no path without `none` leads from the cell's input to `node`.
  bool is_zero(int node) const {
    for (int from = 0; from < node; ++from)
      if (carries(from, node)) return false;
    return node > 0;
  }

 private:
  static constexpr int kUnmade = -2;
  using CellNodes = std::array<int, kCellNodes>;

  bool carries(int from, int to) const { return genotype_.edge(from, to) != CellOp::none && !is_zero(from); }

  int cell(int input, int64_t channels) {
    CellNodes made{input, kUnmade, kUnmade, kUnmade};
    return cell_node(kCellNodes - 1, channels, made);
  }

  // Made from the output backwards, when something asks for it, so that nothing is made in vain.
  int cell_node(int node, int64_t channels, CellNodes& made) {
    int& result = made[static_cast<size_t>(node)];
    if (result != kUnmade) return result;
    std::vector<int> parts;
    for (int from = 0; from < node; ++from)
      if (carries(from, node))
        parts.push_back(operation(genotype_.edge(from, node), cell_node(from, channels, made), channels));
    result = nodes_.sum(std::move(parts));
    return result;
  }

  int operation(CellOp op, int x, int64_t channels) {
    switch (op) {
      case CellOp::nor_conv_1x1:
        return nodes_.relu_conv_norm(x, {.in = channels, .out = channels, .kernel = {1, 1}, .padding = {0, 0}});
      case CellOp::nor_conv_3x3:
        return nodes_.relu_conv_norm(x, {.in = channels, .out = channels});
      case CellOp::avg_pool_3x3:
        return nodes_.append(x, std::make_shared<Pool>(PoolKind::average, 3, 1, 1));
      case CellOp::skip_connect:
      case CellOp::none:  // never asked for: see carries()
        break;
    }
    return x;
  }

  // Doubles the channels and halves the image.
  int reduction(int x, int64_t channels) {
    const int half = nodes_.relu_conv_norm(x, {.in = channels, .out = 2 * channels, .stride = {2, 2}});
    const int body = nodes_.relu_conv_norm(half, {.in = 2 * channels, .out = 2 * channels});
    const int pooled = nodes_.append(x, std::make_shared<Pool>(PoolKind::average, 2, 2, 0));
    const ConvOptions project{.in = channels, .out = 2 * channels, .kernel = {1, 1}, .padding = {0, 0}};
    return nodes_.sum({body, nodes_.conv(pooled, project)});
  }

  const CellGenotype& genotype_;
  NodeList nodes_;
};

}  // namespace

CellGenotype parse_nasbench201(const std::string& text) { return CellParser(text).genotype(); }

std::string to_string(const CellGenotype& genotype) {
  std::string text;
  for (int to = 1; to < kCellNodes; ++to) {
    text += to > 1 ? "+|" : "|";
    for (int from = 0; from < to; ++from)
      text.append(name_of(genotype.edge(from, to))).append("~" + std::to_string(from) + "|");
  }
  return text;
}

std::shared_ptr<const Net> make_nasbench201(const std::string& genotype, const Shape& input, int64_t classes,
                                            int64_t width, int64_t cells) {
  const CellGenotype cell = parse_nasbench201(genotype);
  const std::string where = "genotype " + to_string(cell);
  expect_cell_sizes(where, width, cells);
  if (input.size() != 3 || input[1] < 4 || input[2] < 4 || input[1] % 4 != 0 || input[2] % 4 != 0)
    throw usage_error(
        where, "halves its images twice and needs [C, H, W] with H and W multiples of four, not " + to_string(input));
  CellBuilder builder(cell);
  if (builder.is_zero(kCellNodes - 1))
    throw usage_error(where, "'none' cuts every path to the cell's output, so that it is zero; open one edge");
  return std::make_shared<Net>(nasbench201_text(genotype, width, cells), input, classes,
                               std::move(builder).network(input, classes, width, cells));
}

std::string nasbench201_text(const std::string& genotype, int64_t width, int64_t cells) {
  return cell_network_text("nasbench201", {genotype, width, cells});
}

}  // namespace gtn
