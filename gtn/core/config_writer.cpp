#include "gtn/core/config_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace gtn {
namespace {

constexpr size_t kWidestColumn = 36;  // longer cells push their row to the right, not the whole table

// Always with a point or an exponent, so that it stays a float.
std::string float_text(double value) {
  const std::string digits = number_text(value);
  return digits.find_first_not_of("-0123456789") == std::string::npos ? digits + ".0" : digits;
}

std::string toml_value(int64_t value) { return std::to_string(value); }
std::string toml_value(const std::string& value) { return toml_quoted(value); }

template <class T>
std::string toml_list(const std::vector<T>& values) {
  std::string text = "[";
  for (size_t i = 0; i < values.size(); ++i) text += (i ? ", " : "") + toml_value(values[i]);
  return text + "]";
}

struct ValueText {
  std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
  std::string operator()(const int64_t* value) const { return toml_value(*value); }
  std::string operator()(const double* value) const { return float_text(*value); }
  std::string operator()(const std::string* value) const { return toml_value(*value); }
  std::string operator()(const std::vector<int64_t>* value) const { return toml_list(*value); }
  std::string operator()(const std::vector<std::string>* value) const { return toml_list(*value); }
  std::string operator()(const EnumField& value) const { return toml_quoted(value.get()); }
};

std::string value_text(const ConfigField& field) { return std::visit(ValueText{}, field.value); }

std::string table_of(const std::string& key) {
  const size_t dot = key.rfind('.');
  return dot == std::string::npos ? "" : key.substr(0, dot);
}

// The meaning, with the values that are allowed.
std::string meaning_text(const ConfigField& field) {
  std::string allowed = range_text(field.range);
  if (const auto* words = std::get_if<EnumField>(&field.value))
    for (const std::string_view word : words->names) allowed += (allowed.empty() ? "" : " | ") + std::string(word);
  return allowed.empty() ? field.meaning : field.meaning + " (" + allowed + ")";
}

std::string padded(std::string text, size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

// Rows of cells as columns, two spaces apart; the last column is not padded.
template <size_t columns>
std::string aligned(const std::vector<std::array<std::string, columns>>& rows, const std::string& indent) {
  std::array<size_t, columns> widths = {};
  for (const auto& row : rows)
    for (size_t i = 0; i < columns; ++i)
      if (row[i].size() <= kWidestColumn) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto& row : rows) {
    text += indent;
    for (size_t i = 0; i + 1 < columns; ++i) text += padded(row[i], widths[i]) + "  ";
    text += row[columns - 1] + "\n";
  }
  return text;
}

std::string table_text(const ConfigFields& fields, const std::string& table) {
  std::vector<std::array<std::string, 2>> rows;
  for (const ConfigField& field : fields.fields) {
    if (table_of(field.key) != table) continue;
    const std::string name = table.empty() ? field.key : field.key.substr(table.size() + 1);
    rows.push_back({name + " = " + value_text(field), "# " + meaning_text(field)});
  }
  return aligned(rows, "");
}

}  // namespace

std::string number_text(double value) {
  std::array<char, 32> digits;
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

std::string toml_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      std::array<char, 7> code;
      std::snprintf(code.data(), code.size(), "\\u%04X", static_cast<unsigned>(c));
      quoted += code.data();
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string range_text(const Range& range) {
  const Range all;
  const std::string low = number_text(range.low);
  const std::string high = number_text(range.high);
  if (range.low != all.low && range.high != all.high) return "between " + low + " and " + high;
  if (range.low != all.low) return (range.open_low ? "above " : "at least ") + low;
  return range.high != all.high ? "at most " + high : "";
}

std::string toml_text(const ConfigFields& fields) {
  std::string text = table_text(fields, "");  // first, or they would belong to the table above them
  for (const ConfigTable& table : fields.tables)
    text += "\n[" + table.key + "]  # " + table.meaning + "\n" + table_text(fields, table.key);
  return text;
}

std::string description_text(const ConfigFields& fields) {
  std::vector<std::array<std::string, 3>> rows = {{"key", "default", "meaning"}};
  for (const ConfigField& field : fields.fields) rows.push_back({field.key, value_text(field), meaning_text(field)});
  return aligned(rows, "  ");
}

std::string hash_text(const ConfigFields& fields) {
  std::vector<std::string> lines;
  for (const ConfigField& field : fields.fields) lines.push_back(field.key + " = " + value_text(field) + "\n");
  std::sort(lines.begin(), lines.end());
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const std::string& line : lines)
    for (const char c : line) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::array<char, 17> digits;
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
  return digits.data();
}

std::vector<std::string> differing_fields(const ConfigFields& here, const ConfigFields& there) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < here.fields.size(); ++i) {
    const std::string a = value_text(here.fields[i]);
    const std::string b = value_text(there.fields[i]);
    if (a != b) lines.push_back(here.fields[i].key + ": " + a + " here, " + b + " there");
  }
  return lines;
}

}  // namespace gtn
