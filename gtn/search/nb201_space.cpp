#include "gtn/search/nb201_space.h"

#include <algorithm>
#include <functional>
#include <set>

#include "gtn/core/error.h"
#include "gtn/core/quote.h"
#include "gtn/nets/genotype.h"

namespace gtn {
namespace {

constexpr auto kOperations = names_of(CellOp::none);
constexpr size_t kEdges = std::tuple_size_v<decltype(CellGenotype::edges)>;

std::string_view word_of(CellOp op) { return kOperations.at(static_cast<size_t>(op)).second; }

std::string joined(const std::vector<std::string>& terms) {
  std::string text;
  for (const std::string& term : terms) text.append(text.empty() ? "" : "+").append(term);
  return text;
}

// What a node computes, as the sorted terms of its sum; none where it is zero.
std::vector<std::string> terms_of(const CellGenotype& cell, int node) {
  if (node == 0) return {"0"};
  std::vector<std::string> terms;
  for (int from = 0; from < node; ++from) {
    const CellOp op = cell.edge(from, node);
    if (op == CellOp::none) continue;
    const std::vector<std::string> source = terms_of(cell, from);
    if (op == CellOp::skip_connect)
      terms.insert(terms.end(), source.begin(), source.end());
    else if (!source.empty())
      terms.push_back("(" + joined(source) + ")" + std::string(word_of(op)));
  }
  std::ranges::sort(terms);
  return terms;
}

std::string structure_of(const CellGenotype& cell) { return joined(terms_of(cell, kCellNodes - 1)); }

CellGenotype cell_of(int64_t index) {
  CellGenotype cell;
  for (size_t i = kEdges; i-- > 0; index /= std::ssize(kOperations))
    cell.edges[i] = kOperations[static_cast<size_t>(index % std::ssize(kOperations))].first;
  return cell;
}

int64_t count_of_cells() {
  int64_t count = 1;
  for (size_t i = 0; i < kEdges; ++i) count *= std::ssize(kOperations);
  return count;
}

}  // namespace

Nb201Space::Nb201Space(const Nb201Config& config) : config_(config) {
  for (int64_t i = 0; i < count_of_cells(); ++i) {
    const CellGenotype cell = cell_of(i);
    const std::string structure = structure_of(cell);
    if (structure.empty()) continue;
    if (by_structure_.emplace(structure, canonical_.size()).second) canonical_.push_back(to_string(cell));
  }
}

std::string Nb201Space::describe() const {
  return "nb201: the cells of NAS-Bench-201, " + std::to_string(canonical_.size()) + " different ones among " +
         std::to_string(count_of_cells()) + ", in networks of width " + std::to_string(config_.width) + " with " +
         std::to_string(config_.cells) +
         " cells a stage\n  each of six edges: none, skip_connect, nor_conv_1x1, "
         "nor_conv_3x3, avg_pool_3x3\nexample: " +
         canonical_.back() + "\n";
}

std::string Nb201Space::sample(const Key& key) const {
  for (uint64_t i = 0;; ++i) {  // a cell in ten is zero
    const CellGenotype cell = cell_of(key.split(i).index(count_of_cells()));
    const auto found = by_structure_.find(structure_of(cell));
    if (found != by_structure_.end()) return canonical_[found->second];
  }
}

std::string Nb201Space::canonical(const std::string& genotype) const {
  const auto found = by_structure_.find(structure_of(parse_nasbench201(genotype)));
  if (found == by_structure_.end())
    throw usage_error("genotype " + quoted(genotype),
                      "'none' cuts every path to the cell's output, so that it is zero; open one edge");
  return canonical_[found->second];
}

std::vector<std::string> Nb201Space::neighbours(const std::string& genotype) const {
  const std::string here = canonical(genotype);
  std::set<std::string> found;
  for (size_t edge = 0; edge < kEdges; ++edge) {
    for (const auto& [op, name] : kOperations) {
      CellGenotype cell = parse_nasbench201(here);
      cell.edges[edge] = op;
      const auto other = by_structure_.find(structure_of(cell));
      if (other != by_structure_.end()) found.insert(canonical_[other->second]);
    }
  }
  found.erase(here);
  return {found.begin(), found.end()};
}

std::string Nb201Space::learner(const std::string& genotype) const {
  return nasbench201_text(canonical(genotype), config_.width, config_.cells);
}

std::vector<std::string> Nb201Space::features(const std::string& genotype) const {
  const CellGenotype cell = parse_nasbench201(canonical(genotype));
  std::vector<std::string> words;
  for (int to = 1; to < kCellNodes; ++to)
    for (int from = 0; from < to; ++from)
      words.push_back(std::to_string(from) + "-" + std::to_string(to) + "=" +
                      std::string(word_of(cell.edge(from, to))));
  const std::function<void(int, const std::string&)> walk = [&](int node, const std::string& path) {
    if (node == kCellNodes - 1) words.push_back("path:" + path);
    for (int to = node + 1; to < kCellNodes; ++to)
      if (cell.edge(node, to) != CellOp::none) walk(to, path + "/" + std::string(word_of(cell.edge(node, to))));
  };
  walk(0, "");
  return words;
}

}  // namespace gtn
