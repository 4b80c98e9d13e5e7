// The fields of a config as text. The templates that people call are in config.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gtn/core/config_fields.h"

namespace gtn {

// The fewest digits that read back as the same double: "16", "0.1", "1e-05", "nan".
std::string number_text(double value);

// A text as a TOML string, quotes included. Bytes that are not UTF-8 pass through.
std::string toml_quoted(std::string_view text);

// "at least 1", "above 0", "between 0 and 1"; empty where every number is in the range.
std::string range_text(const Range& range);

std::string toml_text(const ConfigFields& fields);
std::string description_text(const ConfigFields& fields);
std::string hash_text(const ConfigFields& fields);

// Both lists must come from the same config type.
std::vector<std::string> differing_fields(const ConfigFields& here, const ConfigFields& there);

}  // namespace gtn
