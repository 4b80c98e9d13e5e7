// Names from a stranger's data set, made fit for files of other programs.
#pragma once

#include <string>
#include <vector>

#include "gtn/core/json.h"

namespace gtn {

// As JSON, which Python reads as well: no control characters, and U+FFFD for every byte that is no UTF-8.
inline std::string json_text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

// The text itself, with U+FFFD for every byte that is no UTF-8.
inline std::string valid_utf8(const std::string& text) { return Json::parse(json_text(text)).get<std::string>(); }

}  // namespace gtn
