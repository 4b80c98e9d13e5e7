// What the parser knows of the program, as plain data, from which the manual and the shells' completions are written:
// they cannot say anything else than --help does.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace gtn {

struct OptionOutline {
  std::vector<std::string> names;    // "-h", "--help"; none of a positional
  std::string label;                 // of a positional: "artefact"
  std::string meaning;               // one paragraph
  std::string kind;                  // of its value: "TEXT", "INT"; empty of a flag
  std::vector<std::string> choices;  // all values that it takes, where it takes only these
  bool required = false;
  bool repeats = false;  // a positional that may stand several times
};

struct VerbOutline {
  std::vector<std::string> path;  // {} is the program, {"trials", "list"} a verb of a verb
  std::string meaning, footer;
  std::vector<OptionOutline> options;  // with those that take words by position, in their order
  std::vector<VerbOutline> verbs;      // those that --help shows
};

std::string joined(const std::vector<std::string>& words, const std::string& between);
inline std::string path_text(const VerbOutline& verb) { return joined(verb.path, " "); }

VerbOutline outline_of(const CLI::App& program);

// The outline and all that it holds, each verb before its own.
std::vector<const VerbOutline*> all_verbs(const VerbOutline& outline);

}  // namespace gtn
