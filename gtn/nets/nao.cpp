#include "gtn/nets/nao.h"

#include <algorithm>
#include <cctype>

#include "gtn/core/error.h"
#include "gtn/core/quote.h"
#include "gtn/nets/cell_text.h"
#include "gtn/nets/node_list.h"
#include "gtn/nets/norm.h"
#include "gtn/nets/pool.h"

namespace gtn {
namespace {

class NaoParser {
 public:
  explicit NaoParser(const std::string& text) : text_(text) {}

  NaoGenotype genotype() {
    NaoGenotype result;
    expect("normal");
    result.normal = cell();
    expect("reduction");
    result.reduction = cell();
    skip_blanks();
    if (position_ != text_.size()) fail("nothing may follow the reduction cell");
    return result;
  }

 private:
  NaoCell cell() {
    NaoCell result;
    for (int node = 0; node < kNaoNodes; ++node) {
      expect(node == 0 ? "[" : "|");
      for (NaoEdge& edge : result[static_cast<size_t>(node)]) {
        edge.from = reader(kNaoInputs + node);
        expect(":");
        edge.op = operation();
      }
    }
    expect("]");
    return result;
  }

  // The node that is read, one of the first `nodes`.
  int reader(int nodes) {
    skip_blanks();
    const int from = position_ < text_.size() ? text_[position_] - '0' : -1;
    if (from < 0 || from >= nodes) fail("a node from 0 to " + std::to_string(nodes - 1) + " is expected here");
    ++position_;
    return from;
  }

  NaoOp operation() {
    skip_blanks();
    const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
    size_t end = position_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    const std::string word = text_.substr(position_, end - position_);
    const auto op = operation_named<NaoOp>(word);
    if (!op) fail(quoted(word) + " is not an operation; there are: " + operation_names<NaoOp>());
    position_ = end;
    return *op;
  }

  void expect(const std::string& token) {
    skip_blanks();
    if (text_.compare(position_, token.size(), token) != 0)
      fail("'" + token +
           "' is expected here, as in normal[0:conv3x3 1:identity | ... ] reduction[ ... ], five nodes each");
    position_ += token.size();
  }

  void skip_blanks() {
    while (position_ < text_.size() && text_[position_] == ' ') ++position_;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw usage_error("genotype " + quoted(text_) + ", column " + std::to_string(position_ + 1), what);
  }

  const std::string& text_;
  size_t position_ = 0;
};

std::string cell_text(const NaoCell& cell) {
  std::string text;
  for (const NaoNode& node : cell) {
    text += text.empty() ? "[" : " | ";
    for (const NaoEdge& edge : node)
      text.append(&edge == &node.front() ? "" : " ").append(std::to_string(edge.from) + ":").append(name_of(edge.op));
  }
  return text + "]";
}

// What a cell gives to the next ones: the nodes that a concatenation would hold, of `channels` each, on an image whose
// sides are divided by `scale`.
struct Output {
  std::vector<int> parts;
  int64_t channels, scale;
};

class NaoBuilder {
 public:
  std::vector<Node> network(const NaoGenotype& genotype, const Shape& input, int64_t classes, int64_t width,
                            int64_t cells) && {
    Output last{{nodes_.conv_norm(-1, {.in = input[0], .out = width})}, width, 1};
    Output before = last;
    const auto add = [&](const NaoCell& next, int64_t stride) {
      before = std::exchange(last, cell(next, stride, before, last));
    };
    for (const int64_t scale : {1, 2, 4}) {
      if (scale > 1) add(genotype.reduction, 2);
      for (int64_t i = 0; i < cells; ++i) add(genotype.normal, 1);
    }
    classify(last, classes);
    return std::move(nodes_).take_used();
  }

 private:
  // `stride`: of the operations on the cell's inputs, and how many times its channels are those of the last cell.
  Output cell(const NaoCell& cell, int64_t stride, const Output& before, const Output& last) {
    const int64_t channels = stride * last.channels;
    std::vector<int> made{adjusted(before, channels, last.scale), adjusted(last, channels, last.scale)};
    std::array<bool, kNaoInputs + kNaoNodes> read{};
    for (const NaoNode& node : cell) {
      std::vector<int> terms;
      for (const NaoEdge& edge : node) {
        const auto from = static_cast<size_t>(edge.from);
        terms.push_back(operation(edge.op, made[from], channels, edge.from < kNaoInputs ? stride : 1));
        read[from] = true;
      }
      made.push_back(nodes_.sum(std::move(terms)));
    }
    Output output{{}, channels, stride * last.scale};
    for (size_t i = kNaoInputs; i < made.size(); ++i)
      if (!read[i]) output.parts.push_back(made[i]);
    return output;
  }

  // An input of a cell, with the cell's channels and on an image of the same size as its other input.
  int adjusted(const Output& input, int64_t channels, int64_t scale) {
    const int64_t stride = scale / input.scale;
    std::vector<int> parts;
    for (const int part : input.parts)
      parts.push_back(nodes_.conv(nodes_.relu(part), pointwise(input.channels, channels, stride)));
    return nodes_.append(std::move(parts), std::make_shared<StandardNorm>(NormOver::batch, channels));
  }

  int operation(NaoOp op, int x, int64_t channels, int64_t stride) {
    switch (op) {
      case NaoOp::identity:
        return stride == 1 ? x : nodes_.relu_conv_norm(x, pointwise(channels, channels, stride));
      case NaoOp::conv1x1:
        return nodes_.relu_conv_norm(x, pointwise(channels, channels, stride));
      case NaoOp::conv3x3:
        return nodes_.relu_conv_norm(x, {.in = channels, .out = channels, .stride = {stride, stride}});
      case NaoOp::conv1x3_3x1:
        return separable(x, 3, channels, stride);
      case NaoOp::conv1x7_7x1:
        return separable(x, 7, channels, stride);
      case NaoOp::maxpool2:
        return pool(x, PoolKind::max, 2, stride);
      case NaoOp::maxpool3:
        return pool(x, PoolKind::max, 3, stride);
      case NaoOp::maxpool5:
        return pool(x, PoolKind::max, 5, stride);
      case NaoOp::avgpool2:
        return pool(x, PoolKind::average, 2, stride);
      case NaoOp::avgpool3:
        return pool(x, PoolKind::average, 3, stride);
      case NaoOp::avgpool5:
        return pool(x, PoolKind::average, 5, stride);
    }
    throw std::invalid_argument("an operation without a layer");
  }

  static ConvOptions pointwise(int64_t in, int64_t out, int64_t stride) {
    return {.in = in, .out = out, .kernel = {1, 1}, .stride = {stride, stride}, .padding = {0, 0}};
  }

  // 1 x k, then k x 1.
  int separable(int x, int64_t k, int64_t channels, int64_t stride) {
    const int row =
        nodes_.conv(nodes_.relu(x),
                    {.in = channels, .out = channels, .kernel = {1, k}, .stride = {1, stride}, .padding = {0, k / 2}});
    return nodes_.conv_norm(
        row, {.in = channels, .out = channels, .kernel = {k, 1}, .stride = {stride, 1}, .padding = {k / 2, 0}});
  }

  int pool(int x, PoolKind kind, int64_t window, int64_t stride) {
    return nodes_.append(x, std::make_shared<Pool>(Pool::same(kind, window, stride)));
  }

  // Global average pooling and a linear layer, whose one bias stands with the first part.
  void classify(const Output& last, int64_t classes) {
    std::vector<int> parts;
    for (const int part : last.parts)
      parts.push_back(
          nodes_.append(nodes_.append(part, std::make_shared<GlobalAveragePool>()),
                        std::make_shared<Linear>(last.channels, classes, parts.empty() ? Bias::learned : Bias::none)));
    nodes_.sum(std::move(parts));
  }

  NodeList nodes_;
};

}  // namespace

NaoGenotype parse_nao(const std::string& text) { return NaoParser(text).genotype(); }

std::string to_string(const NaoGenotype& genotype) {
  return "normal" + cell_text(genotype.normal) + " reduction" + cell_text(genotype.reduction);
}

std::string nao_text(const std::string& genotype, int64_t width, int64_t cells) {
  return cell_network_text("nao", {genotype, width, cells});
}

std::shared_ptr<const Net> make_nao(const std::string& genotype, const Shape& input, int64_t classes, int64_t width,
                                    int64_t cells) {
  const NaoGenotype parsed = parse_nao(genotype);
  const std::string text = to_string(parsed), where = "genotype " + text;
  expect_cell_sizes(where, width, cells);
  if (input.size() != 3) throw usage_error(where, "needs images [C, H, W], not " + gtn::to_string(input));
  return std::make_shared<Net>(nao_text(text, width, cells), input, classes,
                               NaoBuilder().network(parsed, input, classes, width, cells));
}

}  // namespace gtn
