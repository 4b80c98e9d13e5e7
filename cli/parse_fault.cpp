#include "cli/parse_fault.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "gtn/core/nearest.h"

namespace gtn {
namespace {

// The verb that the line names, and the number of words up to it.
struct Reached {
  const CLI::App* verb;
  std::string name;  // "gtn data export"
  int words = 1;
};

Reached reached_by(const CLI::App& program) {
  Reached reached{&program, program.get_name()};
  while (!reached.verb->get_subcommands().empty()) {
    reached.verb = reached.verb->get_subcommands().front();
    reached.name += " " + reached.verb->get_name();
    ++reached.words;
  }
  return reached;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = nearest(word, known);
  return near.empty() ? "" : ", did you mean '" + near + "'?";
}

std::vector<std::string> options_of(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

// Of what stands on the line and means nothing: the first option, else the first word.
std::string extra_fault(const CLI::App& verb, int argc, const char* const* argv) {
  const std::vector<std::string> extras = verb.remaining(true);
  const auto is_extra = [&](const std::string& word) {
    return std::ranges::any_of(extras, [&](const std::string& extra) { return word == extra; });
  };
  std::string first;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!is_extra(word)) continue;
    if (word.starts_with("--")) {
      const std::string name = word.substr(0, word.find('='));
      return "unknown option '" + name + "'" + suggestion(name, options_of(verb));
    }
    if (first.empty()) first = word;
  }
  return first.empty() ? "" : "'" + first + "' is more than it takes";
}

// "needs SPACE" of a word, "needs --out" of an option.
std::string missing_fault(const CLI::RequiredError& error) {
  std::string name = error.what();
  name = name.substr(0, name.find(' '));
  if (!name.starts_with("-"))
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  return "needs " + name;
}

}  // namespace

std::string parse_fault(const CLI::App& program, const CLI::ParseError& error, int argc, const char* const* argv) {
  const auto [verb, name, words] = reached_by(program);
  const std::string help = "; see " + name + " --help";
  const std::vector<const CLI::App*> verbs = verb->get_subcommands({});
  const std::string next = words < argc ? argv[words] : "";
  if (!verbs.empty()) {
    std::vector<std::string> names;
    for (const CLI::App* known : verbs) names.push_back(known->get_name());
    if (!next.empty() && !next.starts_with("-"))
      return name + ": unknown verb '" + next + "'" + suggestion(next, names) + help;
    if (next.empty()) return name + ": needs a verb, such as " + names.front() + help;
  }
  std::string fault = extra_fault(*verb, argc, argv);
  if (fault.empty() && !verbs.empty()) fault = "unknown option '" + next + "'" + suggestion(next, options_of(*verb));
  if (const auto* missing = dynamic_cast<const CLI::RequiredError*>(&error); missing && fault.empty())
    fault = missing_fault(*missing);
  return name + ": " + (fault.empty() ? error.what() : fault) + help;
}

}  // namespace gtn
