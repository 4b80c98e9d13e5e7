#include "gtn/core/toml.h"

#include <algorithm>

#include "gtn/core/config_writer.h"
#include "gtn/core/error.h"

namespace gtn {
namespace {

constexpr size_t kMaxTomlBytes = size_t{1} << 20;
// toml++ 3.3 bounds the depth of nested values, but not of dotted keys, and destroys tables recursively: 50,000 dots
// overflow the stack. No key can be deeper than the number of dots in the text.
constexpr int64_t kMaxDots = 4096;
constexpr size_t kMaxFaults = 30;

}  // namespace

toml::table parse_toml(std::string_view text, const std::string& where) {
  if (text.size() > kMaxTomlBytes) throw usage_error(where, "is larger than 1 MiB; that is no config");
  if (std::ranges::count(text, '.') > kMaxDots)
    throw usage_error(where, "has more than " + std::to_string(kMaxDots) + " dots; that is no config");
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    throw usage_error(where, "line " + std::to_string(at.line) + ", column " + std::to_string(at.column) + ": " +
                                 shown(error.description()));
  }
}

std::string shown(std::string_view text) {
  constexpr size_t kLongest = 100;
  std::string line(text.substr(0, kLongest));
  if (text.size() > kLongest) {
    while (!line.empty() && (static_cast<unsigned char>(text[line.size()]) & 0xc0) == 0x80) line.pop_back();
    line += "...";
  }
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return line;
}

std::string shown(const toml::node& node) {
  if (const auto* text = node.as_string()) return "\"" + shown(text->get()) + "\"";
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* number = node.as_floating_point()) return number_text(number->get());
  if (node.is_table()) return "a table";
  return node.is_array() ? "a list" : "a date or time";
}

void TomlFaults::add(const std::string& what, uint32_t line) {
  faults_.emplace_back(line, line == 0 ? what : "line " + std::to_string(line) + ": " + what);
}

bool TomlFaults::plenty() const { return faults_.size() >= kMaxFaults; }

void TomlFaults::throw_if_any(const std::string& where) {
  std::ranges::stable_sort(faults_, {}, &std::pair<uint32_t, std::string>::first);
  Faults all(where);
  for (size_t i = 0; i < std::min(faults_.size(), kMaxFaults); ++i) all.add(faults_[i].second);
  if (faults_.size() > kMaxFaults) all.add("and " + std::to_string(faults_.size() - kMaxFaults) + " more");
  all.throw_if_any(ErrorKind::usage);
}

}  // namespace gtn
