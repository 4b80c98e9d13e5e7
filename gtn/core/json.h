// The one place that includes nlohmann/json. Numbers that are not finite are written as null (JSON has no other word).
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace gtn {

using Json = nlohmann::ordered_json;

// What a text from anywhere says: is_discarded() where it is no JSON, or nests more than 64 lists and objects: what
// copies or writes a value goes down into it by recursion. Throws nothing but std::bad_alloc.
Json parse_json(std::string_view text);

}  // namespace gtn
