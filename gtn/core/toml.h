// TOML from strangers: parsed within bounds, its values and faults told in one line each. The one header that includes
// toml++.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gtn {

// Throws a usage error where the text is no TOML (with line and column), is larger than 1 MiB, or has so many dots that
// toml++ could overflow the stack.
toml::table parse_toml(std::string_view text, const std::string& where);

// A stranger's text inside a message: cut to one short line, without control characters.
std::string shown(std::string_view text);
// A value inside a message, after "not".
std::string shown(const toml::node& node);

// The faults of one text, told by line, as toml++ sorts keys by name; those without a line come first.
class TomlFaults final {
 public:
  void add(const std::string& what, uint32_t line = 0);
  bool empty() const { return faults_.empty(); }
  // Whether so many are known that further ones are only counted: a file of another kind would have thousands.
  bool plenty() const;
  // Throws one usage error that lists them; does nothing where there are none.
  void throw_if_any(const std::string& where);

 private:
  std::vector<std::pair<uint32_t, std::string>> faults_;
};

}  // namespace gtn
