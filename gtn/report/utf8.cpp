#include "gtn/report/utf8.h"

#include <cstdint>

namespace gtn {
namespace {

constexpr char32_t kReplacement = 0xfffd;

struct Sequence {
  char32_t code;
  size_t bytes;
};

// The sequence that starts at `at`; one byte and U+FFFD where none does.
Sequence sequence_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(at);
  if (lead < 0x80) return {lead, 1};
  const size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || at + bytes > text.size()) return {kReplacement, 1};
  char32_t code = lead & (0x7f >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return {kReplacement, 1};
    code = (code << 6) | (byte(at + i) & 0x3f);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (overlong || surrogate || code > 0x10ffff) return {kReplacement, 1};
  return {code, bytes};
}

}  // namespace

std::u32string decode_utf8(std::string_view text) {
  std::u32string codes;
  for (size_t at = 0; at < text.size();) {
    const Sequence sequence = sequence_at(text, at);
    codes.push_back(sequence.code);
    at += sequence.bytes;
  }
  return codes;
}

std::string encode_utf8(char32_t code) {
  const auto tail = [code](int shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0 | (code >> 6)), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xe0 | (code >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | (code >> 18)), tail(12), tail(6), tail(0)};
}

}  // namespace gtn
