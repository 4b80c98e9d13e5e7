#include "cli/outline.h"

namespace gtn {
namespace {

// A set of values is spelled "{waiting,running}" at the end of a type's name, as in --help.
std::vector<std::string> choices_in(const std::string& type) {
  const size_t open = type.rfind('{');
  std::vector<std::string> choices;
  if (open == std::string::npos || !type.ends_with('}')) return choices;
  for (size_t begin = open + 1; begin < type.size();) {
    const size_t end = type.find_first_of(",}", begin);
    choices.push_back(type.substr(begin, end - begin));
    begin = end + 1;
  }
  return choices;
}

OptionOutline option_outline(const CLI::Option& option) {
  OptionOutline outline;
  for (const std::string& name : option.get_snames()) outline.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) outline.names.push_back("--" + name);
  if (outline.names.empty()) outline.label = option.get_single_name();
  outline.meaning = option.get_description();
  const bool takes_value = option.get_items_expected_max() > 0;
  const std::string type = takes_value ? option.get_type_name() : "";
  outline.kind = type.substr(0, type.find_first_of(":{ "));
  outline.choices = choices_in(type);
  outline.required = option.get_required();
  outline.repeats = outline.names.empty() && option.get_items_expected_max() > 1;
  return outline;
}

VerbOutline verb_outline(const CLI::App& app, const std::vector<std::string>& path) {
  VerbOutline outline{path, app.get_description(), app.get_footer(), {}, {}};
  for (const CLI::Option* option : app.get_options({})) outline.options.push_back(option_outline(*option));
  for (const CLI::App* verb : app.get_subcommands({})) {
    if (verb->get_group().empty()) continue;  // hidden
    std::vector<std::string> below = path;
    below.push_back(verb->get_name());
    outline.verbs.push_back(verb_outline(*verb, below));
  }
  return outline;
}

}  // namespace

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) text += (i == 0 ? "" : between) + words[i];
  return text;
}

VerbOutline outline_of(const CLI::App& program) { return verb_outline(program, {}); }

std::vector<const VerbOutline*> all_verbs(const VerbOutline& outline) {
  std::vector<const VerbOutline*> all{&outline};
  for (const VerbOutline& verb : outline.verbs)
    for (const VerbOutline* below : all_verbs(verb)) all.push_back(below);
  return all;
}

}  // namespace gtn
