// "Did you mean ...?": the known name that is nearest to a mistyped one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gtn {

// Damerau's distance, restricted: the fewest insertions, deletions and replacements of one byte and exchanges of two
// neighbours, none of a place twice, that turn `a` into `b`.
int64_t edit_distance(std::string_view a, std::string_view b);

// The known name with the fewest edits, the first of equals; empty where none is near: one edit in names of up to three
// bytes, two in names of up to eight, a third of the bytes in longer ones. Of dotted keys the part after the last dot
// may match alone: "width" finds "generator.width".
std::string nearest(std::string_view name, const std::vector<std::string>& known);

// What follows the name of something that nobody knows: ", did you mean 'x'?" where a known name is near, else
// `otherwise`. The known names are our own, or have been looked at: they are not escaped.
std::string hint(std::string_view name, const std::vector<std::string>& known, const std::string& otherwise = "");

}  // namespace gtn
