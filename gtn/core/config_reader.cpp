#include "gtn/core/config_reader.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "gtn/core/config_writer.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/nearest.h"
#include "gtn/core/toml.h"

namespace gtn {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 20;
constexpr int kMaxUnknownDepth = 32;  // further down an unknown table is named, not entered: our stack is bounded too

// What a field takes, after "must be".
struct Expected {
  std::string operator()(const bool*) const { return "true or false"; }
  std::string operator()(const int64_t*) const { return "an integer"; }
  std::string operator()(const double*) const { return "a number"; }
  std::string operator()(const std::string*) const { return "a text in quotes"; }
  std::string operator()(const std::vector<int64_t>*) const { return "a list of integers such as [1, 2]"; }
  std::string operator()(const std::vector<std::string>*) const { return "a list of texts such as [\"a\", \"b\"]"; }
  std::string operator()(const EnumField& field) const {
    std::string words;
    for (const std::string_view name : field.names) words += (words.empty() ? "" : ", ") + std::string(name);
    return "one of " + words;
  }
};

std::string expected(const ConfigField& field) { return std::visit(Expected{}, field.value); }

// Writes one value through a field's pointer; false where its type does not fit.
struct Assign {
  const toml::node& node;

  bool operator()(bool* out) const { return take(out); }
  bool operator()(int64_t* out) const { return take(out); }
  bool operator()(std::string* out) const { return take(out); }
  bool operator()(double* out) const {
    if (const auto whole = node.value_exact<int64_t>()) return *out = static_cast<double>(*whole), true;
    return take(out);
  }
  bool operator()(std::vector<int64_t>* out) const { return take_list(out); }
  bool operator()(std::vector<std::string>* out) const { return take_list(out); }
  bool operator()(const EnumField& field) const {
    std::string word;
    if (!take(&word) || std::ranges::find(field.names, word) == field.names.end()) return false;
    field.set(word);
    return true;
  }

 private:
  template <class T>
  bool take(T* out) const {
    const auto value = node.value_exact<T>();
    if (value) *out = *value;
    return value.has_value();
  }

  template <class T>
  bool take_list(std::vector<T>* out) const {
    const toml::array* list = node.as_array();
    if (!list) return false;
    out->clear();
    for (const toml::node& element : *list) {
      const auto value = element.value_exact<T>();
      if (!value) return false;
      out->push_back(*value);
    }
    return true;
  }
};

// The first number of a field that its range or finiteness forbids.
struct Forbidden {
  const Range& range;

  // NOLINTBEGIN(readability-non-const-parameter): as the fields hold them, or the template below would be nearer
  std::optional<double> operator()(int64_t* value) const { return judge(static_cast<double>(*value)); }
  std::optional<double> operator()(double* value) const { return judge(*value); }
  // NOLINTEND(readability-non-const-parameter)
  std::optional<double> operator()(std::vector<int64_t>* values) const {
    for (const int64_t value : *values)
      if (const auto bad = judge(static_cast<double>(value))) return bad;
    return std::nullopt;
  }
  std::optional<double> operator()(const auto&) const { return std::nullopt; }

 private:
  std::optional<double> judge(double value) const {
    return std::isfinite(value) && range.contains(value) ? std::nullopt : std::optional<double>(value);
  }
};

// Walks parsed TOML and writes what it finds through the fields; keeps every fault until the end.
class Reader {
 public:
  Reader(ConfigFields& fields, const std::string& where, bool with_lines)
      : fields_(fields), where_(where), with_lines_(with_lines) {}

  void read_table(const toml::table& table) {
    ++depth_;
    for (const auto& [name, node] : table) {
      const size_t parent = key_.size();
      const bool one_part = name.str().find('.') == std::string_view::npos;  // "a.b" in quotes is not b in table a
      key_ += (parent ? "." : "") + (one_part ? std::string(name.str()) : toml_quoted(name.str()));
      read(node);
      key_.resize(parent);
    }
    --depth_;
  }

  void read_at(const std::string& key, const toml::node& node) {
    key_ = key;
    read(node);
    key_.clear();
  }

  // Lines count from 1; 0 says that there is none.
  void unknown(const std::string& key, uint32_t line = 0) {
    std::string advice = "; --help lists every key";
    if (!faults_.plenty()) advice = hint(key, known_keys(), advice);
    fault("unknown key '" + shown(key) + "'" + advice, line);
  }

  void fault(const std::string& what, uint32_t line = 0) { faults_.add(what, line); }

  void throw_if_any() { faults_.throw_if_any(where_); }

  const ConfigField* find_field(const std::string& key) const {
    const auto field = std::ranges::find(fields_.fields, key, &ConfigField::key);
    return field == fields_.fields.end() ? nullptr : &*field;
  }

  bool is_table(const std::string& key) const {
    return std::ranges::find(fields_.tables, key, &ConfigTable::key) != fields_.tables.end();
  }

 private:
  void read(const toml::node& node) {
    const uint32_t line = with_lines_ ? node.source().begin.line : 0;
    if (const ConfigField* field = find_field(key_)) return read_field(*field, node, line);
    if (const toml::table* table = node.as_table(); table && may_enter(*table)) return read_table(*table);
    if (is_table(key_)) return fault("'" + key_ + "' must be a table, not " + shown(node), line);
    unknown(key_, line);
  }

  // An unknown table is entered, so that the nearest key can be named for each one in it.
  bool may_enter(const toml::table& table) const {
    return is_table(key_) || (!table.empty() && depth_ < kMaxUnknownDepth);
  }

  void read_field(const ConfigField& field, const toml::node& node, uint32_t line) {
    const std::string must = "'" + field.key + "' must be ";
    if (!std::visit(Assign{node}, field.value)) return fault(must + expected(field) + ", not " + shown(node), line);
    const std::optional<double> bad = std::visit(Forbidden{field.range}, field.value);
    if (!bad) return;
    fault(must + (std::isfinite(*bad) ? range_text(field.range) : "finite") + ", not " + number_text(*bad), line);
  }

  std::vector<std::string> known_keys() const {
    std::vector<std::string> keys;
    for (const ConfigField& field : fields_.fields) keys.push_back(field.key);
    for (const ConfigTable& table : fields_.tables) keys.push_back(table.key);
    return keys;
  }

  ConfigFields& fields_;
  std::string where_;
  bool with_lines_;
  TomlFaults faults_;
  std::string key_;  // of the node being read; one string, as a hostile key may have thousands of parts
  int depth_ = 0;
};

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool takes_bare_text(const FieldValue& value) {
  return std::holds_alternative<std::string*>(value) || std::holds_alternative<EnumField>(value);
}

void set_field(Reader& reader, const std::string& setting) {
  const size_t equals = setting.find('=');
  const std::string key(trimmed(std::string_view(setting).substr(0, equals)));
  const std::string_view value =
      equals == std::string::npos ? "" : trimmed(std::string_view(setting).substr(equals + 1));
  const ConfigField* field = reader.find_field(key);
  if (!field && !reader.is_table(key)) return reader.unknown(key);
  if (value.empty()) return reader.fault("'" + key + "' has no value; write " + key + "=VALUE");

  const bool bare = field && takes_bare_text(field->value) && value[0] != '"' && value[0] != '\'';
  const std::string line = "value = " + (bare ? toml_quoted(value) : std::string(value));
  try {
    const toml::table table = parse_toml(line, key);
    if (table.size() == 1) return reader.read_at(key, *table.get("value"));
  } catch (const Error&) {  // told below, by what the field takes
  }
  const std::string needed = field ? expected(*field) : "a table such as {key = value}";
  reader.fault("'" + key + "' must be " + needed + ", not " + shown(value));
}

}  // namespace

std::string read_config_file(const std::filesystem::path& path) { return read_file(path, kMaxBytes); }

void read_fields(ConfigFields& fields, std::string_view text, const std::string& where) {
  Reader reader(fields, where, true);
  reader.read_table(parse_toml(text, where));
  reader.throw_if_any();
}

void set_fields(ConfigFields& fields, const std::vector<std::string>& settings) {
  Reader reader(fields, "--set", false);
  for (const std::string& setting : settings) set_field(reader, setting);
  reader.throw_if_any();
}

}  // namespace gtn
