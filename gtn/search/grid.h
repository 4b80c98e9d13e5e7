// The choices of a space of one's own (gtn/search/grid_space.h) and the learner text they fill.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gtn {

// A text and the names in braces in it, each an index of Grid::names.
using GridText = std::vector<std::variant<std::string, size_t>>;

struct GridOption {
  std::string label;  // as a genotype writes it
  uint32_t line;      // of the file
};

struct GridChoice {
  std::string name;
  std::vector<GridOption> options;

  // Whether there is anything to choose: only such choices stand in a genotype.
  bool is_open() const { return options.size() > 1; }
};

// What stands for a name in braces: the text of a part, or of the option that is chosen.
struct GridName {
  std::optional<size_t> choice;
  std::vector<GridText> texts;  // one for each option of the choice
};

struct Grid {
  std::string name;
  GridText learner;
  std::vector<GridChoice> choices;  // in the order of the file
  std::vector<GridName> names;
};

// The file, as grid_space.h describes it. Throws one usage error that lists every fault with its line.
Grid read_grid(std::string_view toml, const std::string& where);

// The chosen option of each choice; -1: none is chosen yet, or it does not matter.
using Assignment = std::vector<int>;

// Whether each choice matters: whether the learner text names it, or the option of one that matters. Of an open choice
// without an option nobody knows yet what it names.
std::vector<bool> mattering(const Grid& grid, const Assignment& assignment);

// Calls `visit` with each assignment in which all that matters is chosen: as in `partial` or, where that says nothing,
// in each way. The order is that of the options, the first choice changing slowest.
void for_each_completion(const Grid& grid, Assignment partial, const std::function<void(const Assignment&)>& visit);

// The learner text of a complete assignment, in the spacing of to_string(parse_spec()). Throws a usage error where it
// is no learner text, or beyond 16 KiB.
std::string learner_text(const Grid& grid, const Assignment& assignment);

// "width=16 kernel=3": the choices that matter. "only" where there is nothing to choose.
std::string genotype_text(const Grid& grid, const Assignment& assignment);

// The assignment of a genotype with its choices in any order, those besides that do not matter left out. Throws a usage
// error that lists every unknown, doubled and missing choice and every unknown option.
Assignment parse_genotype(const Grid& grid, const std::string& genotype);

}  // namespace gtn
