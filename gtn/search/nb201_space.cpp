#include "gtn/search/nb201_space.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <stdexcept>

#include "gtn/core/error.h"
#include "gtn/core/quote.h"
#include "gtn/nets/genotype.h"

namespace gtn {
namespace {

constexpr auto kCellOperations = names_of(CellOp::none);
constexpr int kRadix = static_cast<int>(kCellOperations.size());
constexpr int kOutput = kCellNodes - 1;

std::string word_of(CellOp op) { return std::string(kCellOperations.at(static_cast<size_t>(op)).second); }

CellGenotype cell_of(int code) {
  CellGenotype cell;
  for (size_t i = cell.edges.size(); i-- > 0; code /= kRadix) cell.edges[i] = static_cast<CellOp>(code % kRadix);
  return cell;
}

int code_of(const CellGenotype& cell) {
  int code = 0;
  for (const CellOp op : cell.edges) code = kRadix * code + static_cast<int>(op);
  return code;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : "+") + word;
  return text;
}

// A cell as a formula.
class Formula {
 public:
  explicit Formula(const CellGenotype& cell) : cell_(cell) {
    terms_[0] = {"x"};
    for (int to = 1; to < kCellNodes; ++to) {
      auto& sum = terms_[static_cast<size_t>(to)];
      for (int from = 0; from < to; ++from) {
        if (!carries(from, to)) continue;
        if (cell.edge(from, to) == CellOp::skip_connect)
          sum.insert(sum.end(), terms(from).begin(), terms(from).end());
        else
          sum.push_back(operation(from, to));
      }
      std::ranges::sort(sum);
    }
  }

  bool is_zero() const { return terms(kOutput).empty(); }

  // Equal for cells that compute the same: the sum at the output, then the convolutions behind it one by one, since one
  // that is added twice has half the parameters of two that read the same.
  std::string text() const {
    std::vector<std::string> convolutions;
    for (const auto& [from, to] : operations())
      if (cell_.edge(from, to) != CellOp::avg_pool_3x3) convolutions.push_back(operation(from, to));
    std::ranges::sort(convolutions);
    return joined(terms(kOutput)) + "|" + joined(convolutions);
  }

  // The edges with an operation that the output depends on.
  std::vector<std::pair<int, int>> operations() const {
    std::array<bool, kCellNodes> needed{};
    needed[kOutput] = true;
    std::vector<std::pair<int, int>> edges;
    for (int to = kOutput; to > 0; --to) {
      for (int from = 0; from < to; ++from) {
        if (!needed[static_cast<size_t>(to)] || !carries(from, to)) continue;
        needed[static_cast<size_t>(from)] = true;
        if (cell_.edge(from, to) != CellOp::skip_connect) edges.emplace_back(from, to);
      }
    }
    return edges;
  }

 private:
  const std::vector<std::string>& terms(int node) const { return terms_[static_cast<size_t>(node)]; }
  bool carries(int from, int to) const { return cell_.edge(from, to) != CellOp::none && !terms(from).empty(); }
  std::string operation(int from, int to) const {
    return word_of(cell_.edge(from, to)) + "(" + joined(terms(from)) + ")";
  }

  CellGenotype cell_;
  std::array<std::vector<std::string>, kCellNodes> terms_;  // that each node sums
};

// Adds a word for each path from `node` to the output; `path` is the way to `node`.
void add_paths(const CellGenotype& cell, int node, const std::string& path, std::vector<std::string>& words) {
  if (node == kOutput) words.push_back("path=" + (path.empty() ? "identity" : path));
  for (int to = node + 1; to < kCellNodes; ++to) {
    const CellOp op = cell.edge(node, to);
    if (op == CellOp::none) continue;
    add_paths(cell, to, op == CellOp::skip_connect ? path : path + (path.empty() ? "" : ">") + word_of(op), words);
  }
}

}  // namespace

Nb201Space::Nb201Space(const CellSpaceConfig& config) : config_(config) {
  CellGenotype last;
  last.edges.fill(static_cast<CellOp>(kRadix - 1));
  std::map<std::string, int> known;  // architectures by their formula
  for (Code code = 0; code <= code_of(last); ++code) {
    const Formula formula(cell_of(code));
    architecture_of_.push_back(kNone);
    if (formula.is_zero()) continue;
    const auto [entry, is_new] = known.emplace(formula.text(), std::ssize(cells_));
    if (is_new) cells_.emplace_back();
    cells_[static_cast<size_t>(entry->second)].push_back(code);
    architecture_of_.back() = entry->second;
  }
}

std::string Nb201Space::name() const {
  const CellSpaceConfig usual;
  if (config_.width == usual.width && config_.cells == usual.cells) return "nb201";
  return "nb201(width=" + std::to_string(config_.width) + ", cells=" + std::to_string(config_.cells) + ")";
}

std::string Nb201Space::describe() const {
  std::string operations;
  for (const auto& [op, word] : kCellOperations) operations += " " + std::string(word);
  return name() + ": cells of NAS-Bench-201, " + std::to_string(cells_.size()) + " different ones among " +
         std::to_string(architecture_of_.size()) + ", in a network of width " + std::to_string(config_.width) +
         " with " + std::to_string(config_.cells) + " to a stage\n  each of the six edges:" + operations +
         "\nfor example: " + at(*size() - 1) + "\n";
}

std::string Nb201Space::at(int64_t index) const {
  if (index < 0 || index >= *size()) throw std::out_of_range("Nb201Space::at: there is no such architecture");
  return to_string(cell_of(cells_[static_cast<size_t>(index)].front()));
}

std::string Nb201Space::sample(const Key& key) const { return at(key.index(*size())); }

std::string Nb201Space::canonical(const std::string& genotype) const { return at(index_of(genotype)); }

std::vector<std::string> Nb201Space::neighbours(const std::string& genotype) const {
  const int here = index_of(genotype);
  std::set<int> found;
  for (const Code code : cells_[static_cast<size_t>(here)]) {
    const CellGenotype cell = cell_of(code);
    for (size_t edge = 0; edge < cell.edges.size(); ++edge) {
      CellGenotype changed = cell;
      for (const auto& [op, word] : kCellOperations) {
        changed.edges[edge] = op;
        found.insert(architecture_of_[static_cast<size_t>(code_of(changed))]);
      }
    }
  }
  found.erase(here);
  found.erase(kNone);
  std::vector<std::string> result;
  for (const int architecture : found) result.push_back(at(architecture));
  std::ranges::sort(result);
  return result;
}

std::string Nb201Space::learner(const std::string& genotype) const {
  return nasbench201_text(canonical(genotype), config_.width, config_.cells);
}

std::vector<std::string> Nb201Space::features(const std::string& genotype) const {
  const CellGenotype cell = parse_nasbench201(canonical(genotype));
  std::vector<std::string> words;
  for (const auto& [from, to] : Formula(cell).operations())
    words.push_back("operation=" + word_of(cell.edge(from, to)));
  add_paths(cell, 0, "", words);
  return words;
}

int Nb201Space::index_of(const std::string& genotype) const {
  const int index = architecture_of_[static_cast<size_t>(code_of(parse_nasbench201(genotype)))];
  if (index == kNone)
    throw usage_error("genotype " + quoted(genotype),
                      "'none' cuts every path to the cell's output, so that it is zero; open one edge");
  return index;
}

}  // namespace gtn
