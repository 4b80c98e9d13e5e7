#include "gtn/search/nao_space.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <stdexcept>

#include "gtn/nets/cell_text.h"
#include "gtn/nets/nao.h"

namespace gtn {
namespace {

constexpr auto kNaoOperations = names_of(NaoOp::identity);
constexpr int kPlaces = kNaoInputs + kNaoNodes;

size_t index(int value) { return static_cast<size_t>(value); }

// The texts of one cell.
double count_texts() {
  double count = 1;
  for (int node = 0; node < kNaoNodes; ++node)
    for (size_t edge = 0; edge < NaoNode{}.size(); ++edge)
      count *= static_cast<double>(kNaoOperations.size()) * (kNaoInputs + node);
  return count;
}

NaoCell any_cell(const Key& key) {
  uint64_t draws = 0;
  const auto draw = [&](int64_t bound) { return key.split(draws++).index(bound); };
  NaoCell cell;
  for (int node = 0; node < kNaoNodes; ++node)
    for (NaoEdge& edge : cell[index(node)])
      edge = {static_cast<int>(draw(kNaoInputs + node)),
              kNaoOperations[index(static_cast<int>(draw(std::ssize(kNaoOperations))))].first};
  return cell;
}

// Of all ways to write a cell, the first in the order of NaoCell. Its nodes may read later ones, but not in a circle.
class FirstWriting {
 public:
  explicit FirstWriting(const NaoCell& cell) : cell_(cell), last_(), best_() {
    name_.fill(kUnnamed);
    for (int input = 0; input < kNaoInputs; ++input) name_[index(input)] = input;
    write(0);
  }

  const NaoCell& cell() const { return best_; }

 private:
  static constexpr int kUnnamed = -1;

  // Whatever the names so far, the next node to write is the least of those that read named ones alone; where several
  // are equal, each is tried, since later nodes tell them apart.
  void write(int count) {
    if (count == kNaoNodes) {
      if (!found_ || last_ < best_) best_ = last_;
      found_ = true;
      return;
    }
    std::vector<std::pair<NaoNode, int>> ready;
    for (int node = 0; node < kNaoNodes; ++node)
      if (const auto renamed = ready_node(node)) ready.emplace_back(*renamed, node);
    const NaoNode least = std::ranges::min_element(ready)->first;
    for (const auto& [renamed, node] : ready) {
      if (renamed != least) continue;
      last_[index(count)] = renamed;
      name_[index(kNaoInputs + node)] = kNaoInputs + count;
      write(count + 1);
      name_[index(kNaoInputs + node)] = kUnnamed;
    }
  }

  // A node without a name in terms of names; none where it reads a node without one.
  std::optional<NaoNode> ready_node(int node) const {
    if (name_[index(kNaoInputs + node)] != kUnnamed) return std::nullopt;
    NaoNode renamed = cell_[index(node)];
    for (NaoEdge& edge : renamed) {
      edge.from = name_[index(edge.from)];
      if (edge.from == kUnnamed) return std::nullopt;
    }
    std::ranges::sort(renamed);
    return renamed;
  }

  const NaoCell& cell_;
  std::array<int, kPlaces> name_;
  NaoCell last_, best_;
  bool found_ = false;
};

NaoCell canonical_cell(const NaoCell& cell) { return FirstWriting(cell).cell(); }

// Whether each place of a cell is `node` (an index into the cell) or reads it, be it by way of others.
std::array<bool, kPlaces> dependents(const NaoCell& cell, int node) {
  std::array<bool, kPlaces> result{};
  result[index(kNaoInputs + node)] = true;
  for (int later = node + 1; later < kNaoNodes; ++later)
    result[index(kNaoInputs + later)] =
        std::ranges::any_of(cell[index(later)], [&](const NaoEdge& edge) { return result[index(edge.from)]; });
  return result;
}

// Calls visit(changed) for each cell, in any order of its nodes, that one choice leads to.
template <class Visit>
void for_each_change(const NaoCell& cell, const Visit& visit) {
  for (int node = 0; node < kNaoNodes; ++node) {
    const auto barred = dependents(cell, node);
    for (size_t place = 0; place < NaoNode{}.size(); ++place) {
      NaoCell changed = cell;
      NaoEdge& edge = changed[index(node)][place];
      for (const auto& [op, name] : kNaoOperations) {
        edge.op = op;
        visit(changed);
      }
      edge = cell[index(node)][place];
      for (edge.from = 0; edge.from < kPlaces; ++edge.from)
        if (!barred[index(edge.from)]) visit(changed);
    }
  }
}

void add_features(const std::string& cell_name, const NaoCell& cell, std::vector<std::string>& words) {
  std::array<std::vector<std::string>, kPlaces> paths{{{"0"}, {"1"}}};  // from an input to each place
  std::array<bool, kPlaces> read{};
  for (int node = 0; node < kNaoNodes; ++node) {
    for (const NaoEdge& edge : cell[index(node)]) {
      const std::string name(name_of(edge.op));
      words.push_back(cell_name + ":" + name);
      read[index(edge.from)] = true;
      for (const std::string& path : paths[index(edge.from)])
        paths[index(kNaoInputs + node)].push_back(path + ">" + name);
    }
  }
  for (int place = kNaoInputs; place < kPlaces; ++place)
    if (!read[index(place)])
      for (const std::string& path : paths[index(place)]) words.push_back(cell_name + ":" + path);
}

NaoGenotype canonical_form(const std::string& text) {
  const NaoGenotype genotype = parse_nao(text);
  return {canonical_cell(genotype.normal), canonical_cell(genotype.reduction)};
}

}  // namespace

std::string NaoSpace::name() const {
  const CellSpaceConfig usual;
  if (config_.width == usual.width && config_.cells == usual.cells) return "nao";
  return "nao(width=" + std::to_string(config_.width) + ", cells=" + std::to_string(config_.cells) + ")";
}

std::string NaoSpace::describe() const {
  std::array<char, 16> texts;
  std::snprintf(texts.data(), texts.size(), "%.1e", count_texts() * count_texts());
  return name() + ": a normal and a reduction cell of NAO, written in " + texts.data() +
         " ways, in a network of width " + std::to_string(config_.width) + " with " + std::to_string(config_.cells) +
         " normal cells to a stage\n  each of the five nodes of a cell: two earlier nodes (0 and 1: the two cells "
         "before), each with one of " +
         operation_names<NaoOp>() + "\nfor example: " + sample(Key(0)) + "\n";
}

std::string NaoSpace::at(int64_t) const {
  throw std::out_of_range("NaoSpace::at: the architectures were never counted");
}

std::string NaoSpace::sample(const Key& key) const {
  return to_string({canonical_cell(any_cell(key.split("normal"))), canonical_cell(any_cell(key.split("reduction")))});
}

std::string NaoSpace::canonical(const std::string& genotype) const { return to_string(canonical_form(genotype)); }

std::vector<std::string> NaoSpace::neighbours(const std::string& genotype) const {
  const NaoGenotype here = canonical_form(genotype);
  std::set<std::string> found;
  for_each_change(here.normal, [&](const NaoCell& cell) {
    found.insert(to_string({canonical_cell(cell), here.reduction}));
  });
  for_each_change(here.reduction, [&](const NaoCell& cell) {
    found.insert(to_string({here.normal, canonical_cell(cell)}));
  });
  found.erase(to_string(here));
  return {found.begin(), found.end()};
}

std::string NaoSpace::learner(const std::string& genotype) const {
  return nao_text(canonical(genotype), config_.width, config_.cells);
}

std::vector<std::string> NaoSpace::features(const std::string& genotype) const {
  const NaoGenotype here = canonical_form(genotype);
  std::vector<std::string> words;
  add_features("normal", here.normal, words);
  add_features("reduction", here.reduction, words);
  return words;
}

}  // namespace gtn
