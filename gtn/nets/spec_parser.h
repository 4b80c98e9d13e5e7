// The grammar of the learner text, as a tree. What the names mean is spec.cpp's business.
//
//   text  = item { item }                    items are separated by blanks, commas or new lines
//   item  = name [ "(" arg { "," arg } ")" ] { "{" text "}" }
//   arg   = word | name "=" word             word: letters, digits, "_", ".", "-"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gtn {

struct SpecArgument {
  std::string name;  // empty for a positional one
  std::string value;
};

struct SpecItem {
  std::string name;
  std::vector<SpecArgument> arguments;
  std::vector<std::vector<SpecItem>> bodies;
  size_t column = 0;  // where it starts, from 1
};

// Throws a usage error that names the column. Texts over 64 KiB or nested deeper than 8 are refused.
std::vector<SpecItem> parse_spec(std::string_view text);

// The text in its canonical spacing: parsing it again gives the same tree.
std::string to_string(const std::vector<SpecItem>& items);

}  // namespace gtn
