#include "cli/parse_fault.h"

#include <algorithm>
#include <cctype>
#include <span>
#include <string_view>
#include <vector>

#include "gtn/core/nearest.h"

namespace gtn {
namespace {

// The verb that the line names.
struct Reached {
  const CLI::App* verb;
  std::string name;  // "gtn data export"
  int depth = 0;     // 2
};

Reached reached_by(const CLI::App& program) {
  Reached reached{&program, program.get_name()};
  while (!reached.verb->get_subcommands().empty()) {
    reached.verb = reached.verb->get_subcommands().front();
    reached.name += " " + reached.verb->get_name();
    ++reached.depth;
  }
  return reached;
}

std::vector<std::string> options_of(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

// The first of the words that mean nothing where they stand, an option before all others; empty where there is none.
std::string extra_of(const CLI::App& program, std::span<const std::string> words) {
  const std::vector<std::string> extras = program.remaining(true);
  std::string first;
  for (const std::string& word : words) {
    if (std::ranges::find(extras, word) == extras.end()) continue;
    if (word.size() > 1 && word.starts_with("-")) return word;
    if (first.empty()) first = word;
  }
  return first;
}

std::string extra_fault(const CLI::App& verb, const std::string& word) {
  if (!word.starts_with("-")) return "'" + word + "' is more than it takes";
  const std::string name = word.substr(0, word.find('='));
  return "unknown option '" + name + "'" + hint(name, options_of(verb));
}

// "needs SPACE" of a word, "needs --out" of an option.
std::string missing_fault(const std::string& said) {
  constexpr std::string_view kEnd = " is required";
  if (!said.ends_with(kEnd)) return said;
  std::string name = said.substr(0, said.size() - kEnd.size());
  if (!name.starts_with("-"))
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  return "needs " + name;
}

}  // namespace

std::string unknown_verb(const CLI::App& parent, const std::string& name, const std::string& verb) {
  std::vector<std::string> names;
  for (const CLI::App* known : parent.get_subcommands({})) names.push_back(known->get_name());
  return name + ": unknown verb '" + verb + "'" + hint(verb, names) + "; see " + name + " --help";
}

std::string parse_fault(const CLI::App& program, const CLI::ParseError& error, int argc, const char* const* argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const Reached reached = reached_by(program);
  const std::vector<const CLI::App*> verbs = reached.verb->get_subcommands({});
  // What stands before the verb belongs to the program.
  const auto verb_at =
      reached.verb == &program ? words.end() : std::ranges::find(words, program.get_subcommands().front()->get_name());
  const std::span<const std::string> before(words.begin(), verb_at), after(verb_at, words.end());
  const std::string misplaced = reached.verb == &program ? "" : extra_of(program, before);
  const std::string& name = misplaced.empty() ? reached.name : program.get_name();
  const auto with_help = [&](const std::string& fault) { return name + ": " + fault + "; see " + name + " --help"; };
  if (!misplaced.empty()) return with_help(extra_fault(program, misplaced));
  const size_t next = static_cast<size_t>(reached.depth);
  if (!verbs.empty()) {
    if (next >= words.size()) return with_help("needs a verb, such as " + verbs.front()->get_name());
    if (!words[next].starts_with("-")) return unknown_verb(*reached.verb, name, words[next]);
    return with_help(extra_fault(*reached.verb, words[next]));
  }
  const std::string extra = extra_of(program, after);
  return with_help(extra.empty() ? missing_fault(error.what()) : extra_fault(*reached.verb, extra));
}

}  // namespace gtn
