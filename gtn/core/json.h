// The one place that includes nlohmann/json. Numbers that are not finite are written as null (JSON has no other word).
#pragma once

#include <nlohmann/json.hpp>

namespace gtn {

using Json = nlohmann::ordered_json;

}  // namespace gtn
