// The grammar of the learner text, as a tree. What the names mean is the business of spec_layers.h.
//
//   text  = item { item }                    items are separated by blanks, commas or new lines;
//                                            "#" begins a comment, up to the end of its line
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
  std::string place;  // where it starts: "column 7", or "line 2, column 7" in a text of several lines
};

// Throws a usage error that names the place, and not the text, which whoever calls knows. Texts over 64 KiB or nested
// deeper than 8 are refused.
std::vector<SpecItem> parse_spec(std::string_view text);

// The text in its canonical spacing: parsing it again gives the same tree.
std::string to_string(const std::vector<SpecItem>& items);

}  // namespace gtn
