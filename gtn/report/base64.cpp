#include "gtn/report/base64.h"

#include <cstdint>

namespace gtn {

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](size_t k) -> uint32_t { return k < bytes.size() ? static_cast<uint8_t>(bytes[k]) : 0; };
    const uint32_t three = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (size_t digit = 0; digit < 4; ++digit)
      text += digit > bytes.size() - i ? '=' : kDigits[three >> (18 - 6 * digit) & 63];
  }
  return text;
}

std::string data_uri(std::string_view type, std::string_view bytes) {
  return std::string("data:").append(type).append(";base64,").append(base64(bytes));
}

}  // namespace gtn
