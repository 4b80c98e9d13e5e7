#include "gtn/search/grid_space.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <stdexcept>

#include "gtn/core/error.h"
#include "gtn/core/toml.h"
#include "gtn/nets/spec.h"

namespace gtn {
namespace {

constexpr size_t kMaxCombinations = 200'000;
constexpr size_t kMaxBytes = size_t{256} << 20;

// What is wrong with a learner text, whatever the images; empty where it builds on some of them.
std::string fault_of(const std::string& learner) {
  std::string first;
  for (const Shape& image : {Shape{3, 32, 32}, Shape{1, 28, 28}, Shape{3, 224, 224}}) {
    try {
      make_net(learner, image, 10);
      return "";
    } catch (const Error& error) {
      if (first.empty()) first = error.what();
    }
  }
  return first;
}

}  // namespace

GridSpace::GridSpace(std::string_view toml, const std::string& where) : grid_(read_grid(toml, where)) {
  const Assignment none(grid_.choices.size(), -1);
  size_t combinations = 0;
  for_each_completion(grid_, none, [&](const Assignment&) {
    if (++combinations > kMaxCombinations)
      throw usage_error(where, "has more than " + std::to_string(kMaxCombinations) +
                                   " combinations of options; leave some options or choices out");
  });
  Tried tried;
  TomlFaults faults;
  for_each_completion(grid_, none, [&](const Assignment& assignment) {
    add(assignment, tried, faults);
    if (bytes_ > kMaxBytes) throw usage_error(where, "its learners take more than 256 MiB; leave some options out");
    // What is wrong with the first is most likely wrong with all.
    if (architectures_.empty()) faults.throw_if_any(where);
  });
  faults.throw_if_any(where);
}

// Tries the learner where an option of it was not tried before: that option has the fault, if there is one.
void GridSpace::add(const Assignment& assignment, Tried& tried, TomlFaults& faults) {
  const bool first = architectures_.empty();
  bool fresh = first;
  uint32_t line = 0;
  for (size_t i = 0; i < assignment.size(); ++i) {
    if (assignment[i] < 0 || !tried.emplace(i, assignment[i]).second) continue;
    fresh = true;
    if (!first) line = grid_.choices[i].options[static_cast<size_t>(assignment[i])].line;
  }
  try {
    std::string learner = learner_text(grid_, assignment);
    const std::string fault = fresh ? fault_of(learner) : "";
    if (!fault.empty()) return faults.add(genotype_text(grid_, assignment) + ": " + fault, line);
    const auto [entry, is_new] = by_learner_.emplace(learner, architectures_.size());
    bytes_ += 2 * learner.size() * is_new + assignment.size() * sizeof(int);
    if (is_new) architectures_.push_back({std::move(learner), {}});
    architectures_[entry->second].genotypes.push_back(assignment);
  } catch (const Error& error) {
    if (fresh || faults.empty()) faults.add(genotype_text(grid_, assignment) + ": " + error.what(), line);
  }
}

std::string GridSpace::describe() const {
  std::string text = name() + ": " + std::to_string(architectures_.size()) + " learners\n";
  for (const GridChoice& choice : grid_.choices) {
    if (!choice.is_open()) continue;
    text += "  " + choice.name + ":";
    for (const GridOption& option : choice.options) text += " " + option.label;
    text += "\n";
  }
  return text + "for example: " + at(0) + "\n";
}

std::string GridSpace::at(int64_t index) const {
  if (index < 0 || index >= *size()) throw std::out_of_range("GridSpace::at: there is no such architecture");
  return genotype_of(static_cast<size_t>(index));
}

std::string GridSpace::sample(const Key& key) const { return at(key.index(*size())); }

std::string GridSpace::canonical(const std::string& genotype) const {
  return genotype_of(index_of(parse_genotype(grid_, genotype)));
}

std::vector<std::string> GridSpace::neighbours(const std::string& genotype) const {
  const size_t here = index_of(parse_genotype(grid_, genotype));
  std::set<size_t> found;
  for (const Assignment& assignment : architectures_[here].genotypes) {
    for (size_t i = 0; i < assignment.size(); ++i) {
      if (assignment[i] < 0) continue;
      Assignment changed = assignment;
      for (size_t option = 0; option < grid_.choices[i].options.size(); ++option) {
        changed[i] = static_cast<int>(option);
        if (changed != assignment)
          for_each_completion(grid_, changed, [&](const Assignment& other) { found.insert(index_of(other)); });
      }
    }
  }
  found.erase(here);
  std::vector<std::string> result;
  for (const size_t architecture : found) result.push_back(genotype_of(architecture));
  std::ranges::sort(result);
  return result;
}

std::string GridSpace::learner(const std::string& genotype) const {
  return architectures_[index_of(parse_genotype(grid_, genotype))].learner;
}

std::vector<std::string> GridSpace::features(const std::string& genotype) const {
  std::istringstream words(canonical(genotype));
  return {std::istream_iterator<std::string>(words), {}};
}

std::string GridSpace::genotype_of(size_t architecture) const {
  return genotype_text(grid_, architectures_[architecture].genotypes.front());
}

size_t GridSpace::index_of(const Assignment& assignment) const {
  return by_learner_.at(learner_text(grid_, assignment));
}

}  // namespace gtn
