// Code points of UTF-8 text: what a column is wide, what a glyph is looked up by, what numpy keeps of a string.
#pragma once

#include <string>
#include <string_view>

namespace gtn {

// The code points of `text`. Each byte that no well-formed sequence covers becomes U+FFFD, so nothing is thrown and the
// result never holds a surrogate, an overlong form or a value above U+10FFFF.
std::u32string decode_utf8(std::string_view text);

// The UTF-8 bytes of one code point, which must be one that decode_utf8 can give.
std::string encode_utf8(char32_t code);

}  // namespace gtn
