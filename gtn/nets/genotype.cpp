#include "gtn/nets/genotype.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "gtn/core/error.h"
#include "gtn/core/quote.h"
#include "gtn/nets/activation.h"
#include "gtn/nets/linear.h"
#include "gtn/nets/norm.h"
#include "gtn/nets/pool.h"

namespace gtn {
namespace {

constexpr std::string_view kPrefix = "nasbench201(";
constexpr int64_t kMaxSize = 1024;  // of width and cells

std::string_view name_of(CellOp op) {
  for (const auto& [value, name] : names_of(op))
    if (value == op) return name;
  throw std::invalid_argument("an operation without a name");
}

std::string known_operations() {
  std::string names;
  for (const auto& [value, name] : names_of(CellOp::none)) names.append(names.empty() ? "" : ", ").append(name);
  return names;
}

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

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
    for (const auto& [value, name] : names_of(CellOp::none)) {
      if (name != word) continue;
      position_ = end;
      return value;
    }
    fail(quoted(word) + " is not an operation; there are: " + known_operations());
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

// Appends the nodes of the network; every function returns the node that holds its result.
class Builder {
 public:
  explicit Builder(const CellGenotype& genotype) : genotype_(genotype) {}

  std::vector<Node> network(const Shape& input, int64_t classes, int64_t width, int64_t cells) && {
    int x = conv_norm(-1, {.in = input[0], .out = width});
    for (const int64_t scale : {1, 2, 4}) {
      const int64_t channels = width * scale;
      if (scale > 1) x = reduction(x, channels / 2);
      for (int64_t i = 0; i < cells; ++i) x = cell(x, channels);
    }
    x = append(x, std::make_shared<StandardNorm>(NormOver::batch, 4 * width));
    x = append(x, std::make_shared<LeakyRelu>(0.0));
    x = append(x, std::make_shared<GlobalAveragePool>());
    append(x, std::make_shared<Linear>(4 * width, classes, Bias::learned));
    return std::move(nodes_);
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
    result = parts.size() == 1 ? parts.front() : sum(parts);
    return result;
  }

  int operation(CellOp op, int x, int64_t channels) {
    switch (op) {
      case CellOp::nor_conv_1x1:
        return relu_conv_norm(x, {.in = channels, .out = channels, .kernel = {1, 1}, .padding = {0, 0}});
      case CellOp::nor_conv_3x3:
        return relu_conv_norm(x, {.in = channels, .out = channels});
      case CellOp::avg_pool_3x3:
        return append(x, std::make_shared<Pool>(PoolKind::average, 3, 1, 1));
      case CellOp::skip_connect:
      case CellOp::none:  // never asked for: see carries()
        break;
    }
    return x;
  }

  // Doubles the channels and halves the image.
  int reduction(int x, int64_t channels) {
    const int half = relu_conv_norm(x, {.in = channels, .out = 2 * channels, .stride = {2, 2}});
    const int body = relu_conv_norm(half, {.in = 2 * channels, .out = 2 * channels});
    const int pooled = append(x, std::make_shared<Pool>(PoolKind::average, 2, 2, 0));
    return sum({body, conv(pooled, {.in = channels, .out = 2 * channels, .kernel = {1, 1}, .padding = {0, 0}})});
  }

  int relu_conv_norm(int x, const ConvOptions& options) {
    return conv_norm(append(x, std::make_shared<LeakyRelu>(0.0)), options);
  }

  int conv_norm(int x, const ConvOptions& options) {
    return append(conv(x, options), std::make_shared<StandardNorm>(NormOver::batch, options.out));
  }

  int conv(int x, ConvOptions options) {
    options.bias = Bias::none;
    return append(x, std::make_shared<Conv>(options));
  }

  int append(int x, LayerPtr layer) {
    nodes_.push_back({{x}, std::move(layer)});
    return static_cast<int>(nodes_.size()) - 1;
  }

  int sum(const std::vector<int>& parts) {
    nodes_.push_back({parts, nullptr});
    return static_cast<int>(nodes_.size()) - 1;
  }

  const CellGenotype& genotype_;
  std::vector<Node> nodes_;
};

void expect_size(const std::string& where, const std::string& name, int64_t value) {
  if (value < 1 || value > kMaxSize)
    throw usage_error(where,
                      name + " must lie from 1 to " + std::to_string(kMaxSize) + ", not " + std::to_string(value));
}

}  // namespace

CellGenotype parse_nasbench201(const std::string& text) { return Parser(text).genotype(); }

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
  expect_size(where, "width", width);
  expect_size(where, "cells", cells);
  if (input.size() != 3 || input[1] < 4 || input[2] < 4 || input[1] % 4 != 0 || input[2] % 4 != 0)
    throw usage_error(
        where, "halves its images twice and needs [C, H, W] with H and W multiples of four, not " + to_string(input));
  Builder builder(cell);
  if (builder.is_zero(kCellNodes - 1))
    throw usage_error(where, "'none' cuts every path to the cell's output, so that it is zero; open one edge");
  return std::make_shared<Net>(nasbench201_text(genotype, width, cells), input, classes,
                               std::move(builder).network(input, classes, width, cells));
}

std::string nasbench201_text(const std::string& genotype, int64_t width, int64_t cells) {
  return std::string(kPrefix) + genotype + ", width=" + std::to_string(width) + ", cells=" + std::to_string(cells) +
         ")";
}

bool is_nasbench201_text(const std::string& text) { return text.starts_with(kPrefix); }

std::shared_ptr<const Net> make_nasbench201(const std::string& text, const Shape& input, int64_t classes) {
  int64_t width = 0, cells = 0;
  int end = -1;
  const size_t comma = text.find(',');
  if (!is_nasbench201_text(text) || comma == std::string::npos ||
      std::sscanf(text.c_str() + comma, ", width=%4ld, cells=%4ld)%n", &width, &cells, &end) != 2 ||
      end != static_cast<int>(text.size() - comma))
    throw usage_error("learner " + quoted(text), "is not of the form nasbench201(GENOTYPE, width=16, cells=5)");
  return make_nasbench201(text.substr(kPrefix.size(), comma - kPrefix.size()), input, classes, width, cells);
}

}  // namespace gtn
