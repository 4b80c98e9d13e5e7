#include "gtn/search/grid_reader.h"

#include <toml++/toml.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <sstream>

#include "gtn/core/error.h"
#include "gtn/core/nearest.h"
#include "gtn/core/quote.h"

namespace gtn {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 20;
constexpr int kMaxDots = 4096;         // see gtn/core/config_reader.cpp
constexpr size_t kMaxText = 64 << 10;  // of a learner

std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* number = node.as_floating_point()) {
    std::ostringstream text;
    text << number->get();
    return text.str();
  }
  return std::nullopt;
}

// The names in braces of a text.
std::vector<std::string> names_in(const std::string& text) {
  std::vector<std::string> names;
  for (size_t open = text.find('{'); open != std::string::npos; open = text.find('{', open + 1)) {
    const size_t close = text.find('}', open);
    if (close == std::string::npos) break;
    const std::string name = text.substr(open + 1, close - open - 1);
    // res{ conv(8) } is a body of the learner text, not a name.
    if (!name.empty() &&
        std::ranges::all_of(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }))
      names.push_back(name);
  }
  return names;
}

class Reader {
 public:
  Reader(std::string_view toml, const std::string& where) : faults_(where) {
    if (toml.size() > kMaxBytes || std::ranges::count(toml, '.') > kMaxDots)
      throw usage_error(where, "is too large for the description of a space");
    try {
      read(toml::parse(toml));
    } catch (const toml::parse_error& error) {
      throw usage_error(where + ":" + std::to_string(error.source().begin.line), std::string(error.description()));
    }
    check_names();
    check_size();
    faults_.throw_if_any(ErrorKind::usage);
  }

  Grid grid() && { return std::move(grid_); }

 private:
  void read(const toml::table& file) {
    for (const auto& [key, node] : file) {
      const std::string name(key.str());
      if (name == "learner" && node.is_string())
        grid_.learner = node.as_string()->get();
      else if (name == "choices" && node.is_table())
        read_choices(*node.as_table());
      else if (name == "parts" && node.is_table())
        read_parts(*node.as_table());
      else
        faults_.add(gtn::quoted(name) + " is not one of learner = \"...\", [choices] and [parts]");
    }
    if (grid_.learner.empty())
      faults_.add(std::string("needs a learner = \"...\", a learner text with names in braces"));
  }

  // toml++ sorts its keys; the file's order is that of their lines.
  void read_choices(const toml::table& table) {
    std::vector<std::pair<toml::source_position, std::string>> order;
    for (const auto& [key, node] : table) order.emplace_back(key.source().begin, std::string(key.str()));
    std::ranges::sort(order, [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [position, name] : order) {
      const toml::node& node = *table.get(name);
      GridChoice choice{name, {}};
      if (!node.is_array() || node.as_array()->empty())
        faults_.add("the choice " + gtn::quoted(name) + " needs a list of options, such as [8, 16]");
      else
        for (const toml::node& option : *node.as_array()) read_option(choice, option);
      grid_.choices.push_back(std::move(choice));
    }
  }

  void read_option(GridChoice& choice, const toml::node& node) {
    GridOption option;
    if (const toml::table* table = node.as_table()) {
      for (const auto& [key, value] : *table) {
        const std::optional<std::string> text = text_of(value);
        if (!text)
          faults_.add("in " + gtn::quoted(choice.name) + " " + gtn::quoted(std::string(key.str())) +
                      " is no text or number");
        option.texts[std::string(key.str())] = text.value_or("");
      }
    } else {
      const std::optional<std::string> text = text_of(node);
      if (!text) faults_.add("an option of " + gtn::quoted(choice.name) + " is no text, number or table of these");
      option.texts[choice.name] = text.value_or("");
    }
    const auto label = option.texts.find(choice.name);
    if (label == option.texts.end())
      return faults_.add("an option of " + gtn::quoted(choice.name) + " has no " + gtn::quoted(choice.name) +
                         ", which labels it");
    option.label = label->second;
    if (option.label.empty() || option.label.find_first_of(" \t\n=") != std::string::npos)
      faults_.add("an option of " + gtn::quoted(choice.name) + " has the label " + gtn::quoted(option.label) +
                  ", which may have no blank and no '='; name it by a table {" + choice.name + " = \"short\", ...}");
    for (const GridOption& other : choice.options)
      if (other.label == option.label)
        faults_.add(gtn::quoted(choice.name) + " has the option " + gtn::quoted(option.label) + " twice");
    choice.options.push_back(std::move(option));
  }

  void read_parts(const toml::table& table) {
    for (const auto& [key, node] : table) {
      const std::optional<std::string> text = text_of(node);
      if (!text) faults_.add("the part " + gtn::quoted(std::string(key.str())) + " is no text");
      grid_.parts[std::string(key.str())] = text.value_or("");
    }
  }

  // Every name in braces is filled by one choice, in all its options, or by one part, and never by itself.
  void check_names() {
    std::map<std::string, std::vector<std::string>> fills;  // by name: the texts that may stand there
    for (const auto& [name, text] : grid_.parts) fills[name].push_back(text);
    for (const GridChoice& choice : grid_.choices) {
      std::map<std::string, std::vector<std::string>> own;
      for (const GridOption& option : choice.options)
        for (const auto& [name, text] : option.texts) own[name].push_back(text);
      for (const auto& [name, texts] : own) {
        if (texts.size() < choice.options.size())
          faults_.add(gtn::quoted(name) + " is missing in an option of " + gtn::quoted(choice.name));
        if (!fills.emplace(name, texts).second) faults_.add("two choices or parts fill {" + name + "}");
      }
    }
    std::vector<std::string> known;
    for (const auto& [name, texts] : fills) known.push_back(name);
    std::set<std::string> seen, open;
    const std::function<void(const std::string&)> visit = [&](const std::string& text) {
      for (const std::string& name : names_in(text)) {
        if (open.contains(name)) faults_.add("{" + name + "} fills itself");
        if (open.contains(name) || !seen.insert(name).second) continue;
        const auto found = fills.find(name);
        if (found == fills.end()) {
          const std::string near = nearest(name, known);
          faults_.add("nothing fills {" + name + "}" + (near.empty() ? "" : "; did you mean {" + near + "}?"));
          continue;
        }
        open.insert(name);
        for (const std::string& own : found->second) visit(own);
        open.erase(name);
      }
    };
    visit(grid_.learner);
    for (const auto& [name, text] : grid_.parts)
      if (!seen.contains(name)) faults_.add("nothing names the part {" + name + "}");
    for (const GridChoice& choice : grid_.choices)
      if (std::ranges::none_of(choice.options, [&](const GridOption& option) {
            return std::ranges::any_of(option.texts, [&](const auto& entry) { return seen.contains(entry.first); });
          }))
        faults_.add("nothing names the choice " + gtn::quoted(choice.name));
  }

  void check_size() {
    double combinations = 1;
    for (const GridChoice& choice : grid_.choices) combinations *= static_cast<double>(choice.options.size());
    if (combinations > kMostCombinations)
      faults_.add("has more than " + std::to_string(kMostCombinations) + " combinations of options; leave some out");
  }

  Faults faults_;
  Grid grid_;
};

std::string single_blanks(const std::string& text) {
  std::istringstream words(text);
  std::string result;
  for (std::string word; words >> word;) result.append(result.empty() ? "" : " ").append(word);
  return result;
}

}  // namespace

Grid read_grid(std::string_view toml, const std::string& where) { return Reader(toml, where).grid(); }

Expansion expand(const Grid& grid, const std::vector<size_t>& options) {
  Expansion result{grid.learner, std::vector<bool>(grid.choices.size(), false)};
  const auto fill = [&](const std::string& name) {
    for (size_t i = 0; i < options.size(); ++i) {
      const auto& texts = grid.choices[i].options[options[i]].texts;
      if (const auto found = texts.find(name); found != texts.end()) {
        result.matters[i] = true;
        return found->second;
      }
    }
    return grid.parts.at(name);
  };
  for (std::vector<std::string> names = names_in(result.learner); !names.empty(); names = names_in(result.learner)) {
    const std::string pattern = "{" + names.front() + "}", text = fill(names.front());
    for (size_t at = result.learner.find(pattern); at != std::string::npos; at = result.learner.find(pattern))
      result.learner.replace(at, pattern.size(), text);
    if (result.learner.size() > kMaxText) throw usage_error("space", "a learner text has more than 64 KiB");
  }
  result.learner = single_blanks(result.learner);
  return result;
}

}  // namespace gtn
