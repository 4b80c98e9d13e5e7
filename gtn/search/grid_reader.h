// The TOML form of a space of choices (gtn/search/grid_space.h), as it is read and as one combination fills it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gtn {

struct GridOption {
  std::string label;
  std::map<std::string, std::string> texts;  // by the names they fill
};

struct GridChoice {
  std::string name;
  std::vector<GridOption> options;
};

struct Grid {
  std::string learner;
  std::vector<GridChoice> choices;           // in the order of the file
  std::map<std::string, std::string> parts;  // by name
};

constexpr int64_t kMostCombinations = 200'000;

// Throws a usage error at `where` that lists every fault: what is no TOML, unknown keys, choices without options, an
// option without a label or with one that is there twice or has a blank, names that nothing fills, that two choices
// fill, or that fill themselves, choices that nothing names, more than kMostCombinations combinations.
Grid read_grid(std::string_view toml, const std::string& where);

struct Expansion {
  std::string learner;        // the text, single blanks between its items
  std::vector<bool> matters;  // of each choice: whether its option is part of the text
};

// The learner text of one combination, `options[i]` being that of choice i.
Expansion expand(const Grid& grid, const std::vector<size_t>& options);

}  // namespace gtn
