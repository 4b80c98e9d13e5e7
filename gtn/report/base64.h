// Bytes inside a text.
#pragma once

#include <string>
#include <string_view>

namespace gtn {

// Base64 of RFC 4648, section 4, padded, on one line.
std::string base64(std::string_view bytes);

// "data:image/png;base64,...": a file that stands in a page itself. `type` is its media type.
std::string data_uri(std::string_view type, std::string_view bytes);

}  // namespace gtn
