#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "gtn/core/config_writer.h"
#include "gtn/core/nearest.h"
#include "gtn/core/quote.h"
#include "gtn/core/toml.h"
#include "gtn/search/grid.h"

namespace gtn {
namespace {

constexpr size_t kMaxNamed = 1000;  // bounds how deep names can name each other
constexpr size_t kMaxOptions = 1000;
constexpr size_t kMaxLabel = 100;

uint32_t line_of(const toml::node& node) { return node.source().begin.line; }

// toml++ sorts its keys; the file's order is that of their places.
std::vector<std::pair<std::string, const toml::node*>> in_file_order(const toml::table& table) {
  std::vector<std::tuple<uint32_t, uint32_t, std::string, const toml::node*>> places;
  for (const auto& [key, node] : table)
    places.emplace_back(key.source().begin.line, key.source().begin.column, std::string(key.str()), &node);
  std::ranges::sort(places);
  std::vector<std::pair<std::string, const toml::node*>> result;
  for (const auto& [line, column, key, node] : places) result.emplace_back(key, node);
  return result;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLabel &&
         std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

// What the file says stands for a name in braces.
struct Source {
  struct Text {
    std::string text;
    uint32_t line;
  };
  std::optional<size_t> choice;
  std::vector<Text> texts;
  uint32_t line;
};

class GridReader {
 public:
  Grid read(const toml::table& file, const std::string& where) {
    grid_.name = std::filesystem::path(where).stem().string();
    for (const auto& [key, node] : in_file_order(file)) read_entry(key, *node);
    if (learner_.text.empty()) faults_.add(std::string("needs learner = \"...\", a learner text with names in braces"));
    if (sources_.size() > kMaxNamed) faults_.add("has more than " + std::to_string(kMaxNamed) + " names");
    faults_.throw_if_any(where);
    for (auto& [name, source] : sources_) known_.push_back(name);
    grid_.learner = resolved(learner_);
    for (const auto& [name, source] : sources_) {
      GridName& resolved_name = grid_.names.emplace_back(GridName{source.choice, {}});
      for (const Source::Text& text : source.texts) resolved_name.texts.push_back(resolved(text));
    }
    follow(grid_.learner);
    expect_all_used();
    faults_.throw_if_any(where);
    return std::move(grid_);
  }

 private:
  void read_entry(const std::string& key, const toml::node& node) {
    if (key == "name" || key == "learner") {
      const auto* text = node.as_string();
      if (!text || text->get().empty() || (key == "name" && !is_label(text->get())))
        return faults_.add(
            "'" + key + "' must be " + (key == "name" ? "a word" : "a text") + " in quotes, not " + shown(node),
            line_of(node));
      if (key == "name") grid_.name = text->get();
      if (key == "learner") learner_ = {text->get(), line_of(node)};
      return;
    }
    if (key != "choices" && key != "parts") {
      return faults_.add(
          "unknown key '" + shown(key) + "'" +
              hint(key, {"name", "learner", "choices", "parts"}, "; there are name, learner, choices and parts"),
          line_of(node));
    }
    const toml::table* table = node.as_table();
    if (!table) return faults_.add("'" + key + "' must be a table, not " + shown(node), line_of(node));
    for (const auto& [name, inner] : in_file_order(*table)) {
      if (key == "choices")
        read_choice(name, *inner);
      else if (const auto text = text_of(*inner))
        add_name(name, {std::nullopt, {{*text, line_of(*inner)}}, line_of(*inner)});
    }
  }

  void read_choice(const std::string& name, const toml::node& node) {
    const toml::array* list = node.as_array();
    if (!list || list->empty())
      return faults_.add(
          "'" + shown(name) + "' needs a list of options such as [8, 16], not " + (list ? "an empty one" : shown(node)),
          line_of(node));
    if (list->size() > kMaxOptions)
      return faults_.add("'" + shown(name) + "' has more than " + std::to_string(kMaxOptions) + " options",
                         line_of(node));
    std::map<std::string, Source> own;  // the names that this choice fills
    GridChoice choice{name, {}};
    for (const toml::node& option : *list) read_option(option, choice, own);
    for (auto& [own_name, source] : own) {
      if (source.texts.size() < choice.options.size())
        faults_.add("'" + shown(own_name) + "' is not in every option of '" + shown(name) + "'", line_of(node));
      source.line = line_of(node);
      add_name(own_name, std::move(source));
    }
    grid_.choices.push_back(std::move(choice));
  }

  // A value, or a table of values of which one bears the name of the choice.
  void read_option(const toml::node& node, GridChoice& choice, std::map<std::string, Source>& own) {
    const uint32_t line = line_of(node);
    const auto put = [&](const std::string& name, const toml::node& value) {
      const std::optional<std::string> text = text_of(value);
      Source& source = own.try_emplace(name, Source{grid_.choices.size(), {}, line}).first->second;
      source.texts.push_back({text.value_or(""), line_of(value)});
    };
    const toml::table* table = node.as_table();
    if (table)
      for (const auto& [name, value] : in_file_order(*table)) put(name, *value);
    else
      put(choice.name, node);
    if (table && !table->contains(choice.name))
      return faults_.add("an option of '" + shown(choice.name) + "' has no '" + shown(choice.name) + "', its label",
                         line);
    const std::string label = own.at(choice.name).texts.back().text;
    if (!is_label(label))
      faults_.add("an option of '" + shown(choice.name) + "' has the label " + quoted(label) +
                      ", which is no word; name it by a table {" + shown(choice.name) + " = \"WORD\", ...}",
                  line);
    else if (std::ranges::find(choice.options, label, &GridOption::label) != choice.options.end())
      faults_.add("'" + shown(choice.name) + "' has the option " + quoted(label) + " twice", line);
    choice.options.push_back({label, line});
  }

  std::optional<std::string> text_of(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* whole = node.as_integer()) return std::to_string(whole->get());
    if (const auto* number = node.as_floating_point(); number && std::isfinite(number->get()))
      return number_text(number->get());
    faults_.add("a text or a number belongs here, not " + shown(node), line_of(node));
    return std::nullopt;
  }

  void add_name(const std::string& name, Source source) {
    const uint32_t line = source.line;
    if (!is_name(name))
      faults_.add("'" + shown(name) + "' is no name of letters, digits and '_'", line);
    else if (!sources_.emplace(name, std::move(source)).second)
      faults_.add("'" + name + "' is filled by two choices or parts", line);
  }

  // Braces around a name are a reference; all others belong to the learner text: res{ conv(8) }.
  GridText resolved(const Source::Text& source) {
    GridText result;
    std::string literal;
    const std::string& text = source.text;
    for (size_t at = 0; at < text.size();) {
      size_t close = at + 1;
      while (text[at] == '{' && close < text.size() && is_name(text.substr(close, 1))) ++close;
      if (text[at] != '{' || close == at + 1 || close == text.size() || text[close] != '}') {
        literal += text[at++];
        continue;
      }
      const std::string name = text.substr(at + 1, close - at - 1);
      const auto found = sources_.find(name);
      if (found == sources_.end()) {
        const std::string near = name.size() > kMaxLabel || faults_.plenty() ? "" : nearest(name, known_);
        faults_.add("nothing fills {" + shown(name) + "}" +
                        (near.empty() ? "; a body of the learner text has blanks inside, as in res{ relu }"
                                      : ", did you mean {" + near + "}?"),
                    source.line);
      } else {
        result.emplace_back(std::move(literal));
        result.emplace_back(static_cast<size_t>(std::distance(sources_.begin(), found)));
        literal.clear();
      }
      at = close + 1;
    }
    result.emplace_back(std::move(literal));
    return result;
  }

  // Visits every name that the text may come to, and finds the circles.
  void follow(const GridText& text) {
    marks_.resize(known_.size(), Mark::unused);
    for (const auto& piece : text) {
      const auto* name = std::get_if<size_t>(&piece);
      if (!name || marks_[*name] == Mark::done) continue;
      if (marks_[*name] == Mark::open) {
        faults_.add("'" + known_[*name] + "' names itself", sources_.at(known_[*name]).line);
        continue;
      }
      marks_[*name] = Mark::open;
      for (const GridText& inner : grid_.names[*name].texts) follow(inner);
      marks_[*name] = Mark::done;
    }
  }

  // A choice's own name labels its options and needs no use where another name of it has one.
  void expect_all_used() {
    std::vector<bool> chosen(grid_.choices.size());
    for (size_t i = 0; i < known_.size(); ++i)
      if (marks_[i] != Mark::unused && grid_.names[i].choice) chosen[*grid_.names[i].choice] = true;
    for (size_t i = 0; i < known_.size(); ++i) {
      const std::optional<size_t> choice = grid_.names[i].choice;
      const bool labels = choice && grid_.choices[*choice].name == known_[i];
      if (marks_[i] == Mark::unused && !(labels && chosen[*choice]))
        faults_.add("'" + known_[i] + "' is never used; name it in braces, as in {" + known_[i] + "}",
                    sources_.at(known_[i]).line);
    }
  }

  enum class Mark { unused, open, done };

  TomlFaults faults_;
  Grid grid_;
  Source::Text learner_{"", 0};
  std::map<std::string, Source> sources_;  // by name
  std::vector<std::string> known_;         // the names, in the order of sources_ and of Grid::names
  std::vector<Mark> marks_;
};

}  // namespace

Grid read_grid(std::string_view toml, const std::string& where) {
  return GridReader().read(parse_toml(toml, where), where);
}

}  // namespace gtn
