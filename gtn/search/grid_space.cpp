#include "gtn/search/grid_space.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <stdexcept>

#include "gtn/core/error.h"
#include "gtn/core/nearest.h"
#include "gtn/core/quote.h"
#include "gtn/nets/spec_parser.h"
#include "gtn/search/grid_reader.h"

namespace gtn {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

[[noreturn]] void refuse(const std::string& genotype, size_t position, const std::string& what) {
  throw usage_error("genotype " + quoted(genotype) + ", column " + std::to_string(position + 1), what);
}

}  // namespace

GridSpace::GridSpace(std::string name, std::string_view toml, const std::string& where)
    : name_(std::move(name)), grid_(read_grid(toml, where)) {
  std::vector<size_t> options(grid_.choices.size(), 0);
  while (true) {
    const Expansion expansion = expand(grid_, options);
    const auto [entry, is_new] = by_learner_.emplace(expansion.learner, architectures_.size());
    if (is_new) architectures_.push_back({genotype_of(options, expansion.matters), expansion.learner, options});
    // The last choice changes fastest.
    size_t i = options.size();
    while (i > 0 && ++options[i - 1] == grid_.choices[i - 1].options.size()) options[--i] = 0;
    if (i == 0) break;
  }
  for (const Architecture& architecture : architectures_) {
    try {
      parse_spec(architecture.learner);
    } catch (const Error& error) {
      throw usage_error(where, quoted(architecture.genotype) + " builds no learner: " + error.what());
    }
  }
}

std::string GridSpace::describe() const {
  std::string text = name_ + ": " + std::to_string(architectures_.size()) + " networks " + grid_.learner + "\n";
  for (const GridChoice& choice : grid_.choices) {
    if (choice.options.size() < 2) continue;
    std::vector<std::string> labels;
    for (const GridOption& option : choice.options) labels.push_back(option.label);
    text += "  " + choice.name + ": " + joined(labels) + "\n";
  }
  return text + "example: " + architectures_.front().genotype + "\n";
}

std::string GridSpace::at(int64_t index) const { return architectures_.at(static_cast<size_t>(index)).genotype; }

std::string GridSpace::sample(const Key& key) const { return at(key.index(std::ssize(architectures_))); }

std::string GridSpace::canonical(const std::string& genotype) const { return find(genotype).genotype; }

std::string GridSpace::learner(const std::string& genotype) const { return find(genotype).learner; }

std::vector<std::string> GridSpace::neighbours(const std::string& genotype) const {
  const Architecture& here = find(genotype);
  const std::vector<bool> matters = expand(grid_, here.options).matters;
  std::set<std::string> found;
  for (size_t i = 0; i < here.options.size(); ++i) {
    if (!matters[i]) continue;
    for (size_t option = 0; option < grid_.choices[i].options.size(); ++option) {
      std::vector<size_t> options = here.options;
      options[i] = option;
      found.insert(architectures_[by_learner_.at(expand(grid_, options).learner)].genotype);
    }
  }
  found.erase(here.genotype);
  return {found.begin(), found.end()};
}

std::vector<std::string> GridSpace::features(const std::string& genotype) const {
  std::istringstream words(canonical(genotype));
  return {std::istream_iterator<std::string>(words), {}};
}

std::string GridSpace::genotype_of(const std::vector<size_t>& options, const std::vector<bool>& matters) const {
  std::string text;
  for (size_t i = 0; i < options.size(); ++i) {
    const GridChoice& choice = grid_.choices[i];
    if (!matters[i] || choice.options.size() < 2) continue;
    text.append(text.empty() ? "" : " ").append(choice.name + "=" + choice.options[options[i]].label);
  }
  return text.empty() ? kOnly : text;
}

const GridSpace::Architecture& GridSpace::find(const std::string& genotype) const {
  std::vector<std::string> names;
  for (const GridChoice& choice : grid_.choices) names.push_back(choice.name);
  std::vector<std::optional<size_t>> given(names.size());
  for (size_t begin = genotype.find_first_not_of(' '); begin < genotype.size() && genotype != kOnly;) {
    const size_t end = std::min(genotype.find(' ', begin), genotype.size());
    const std::string word = genotype.substr(begin, end - begin);
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const auto choice = std::ranges::find(names, name);
    if (equals == std::string::npos || choice == names.end()) {
      const std::string near = nearest(name, names);
      refuse(genotype, begin,
             quoted(word) + " is no NAME=OPTION of this space" +
                 (near.empty() ? "; the names are " + joined(names) : "; did you mean " + near + "=?"));
    }
    const auto i = static_cast<size_t>(choice - names.begin());
    if (given[i]) refuse(genotype, begin, "'" + name + "' is there twice");
    std::vector<std::string> labels;
    for (const GridOption& option : grid_.choices[i].options) labels.push_back(option.label);
    const auto label = std::ranges::find(labels, word.substr(equals + 1));
    if (label == labels.end())
      refuse(genotype, begin + equals + 1,
             quoted(word.substr(equals + 1)) + " is no option of '" + name + "'; there are: " + joined(labels));
    given[i] = static_cast<size_t>(label - labels.begin());
    begin = std::min(genotype.find_first_not_of(' ', end), genotype.size());
  }
  std::vector<size_t> options;
  for (const auto& option : given) options.push_back(option.value_or(0));
  const Expansion expansion = expand(grid_, options);
  for (size_t i = 0; i < given.size(); ++i)
    if (!given[i] && expansion.matters[i] && grid_.choices[i].options.size() > 1)
      refuse(genotype, genotype.size(), "'" + names[i] + "=' is missing");
  return architectures_[by_learner_.at(expansion.learner)];
}

}  // namespace gtn
