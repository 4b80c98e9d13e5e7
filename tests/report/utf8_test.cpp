#include "gtn/report/utf8.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace gtn {
namespace {

TEST(Utf8, decodes_one_to_four_bytes) {
  EXPECT_EQ(decode_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), U"a\u00e9\u20ac\U0001f600");
  EXPECT_EQ(decode_utf8(""), U"");
}

TEST(Utf8, replaces_each_byte_that_fits_no_sequence) {
  EXPECT_EQ(decode_utf8("a\xff z"), U"a\ufffd z");
  EXPECT_EQ(decode_utf8("\xc3"), U"\ufffd");                                // cut short
  EXPECT_EQ(decode_utf8("\xe2\x82"), U"\ufffd\ufffd");                      // cut short
  EXPECT_EQ(decode_utf8("\xc0\x80"), U"\ufffd\ufffd");                      // overlong NUL
  EXPECT_EQ(decode_utf8("\xe0\x80\xaf"), U"\ufffd\ufffd\ufffd");            // overlong slash
  EXPECT_EQ(decode_utf8("\xed\xa0\x80"), U"\ufffd\ufffd\ufffd");            // surrogate
  EXPECT_EQ(decode_utf8("\xf4\x90\x80\x80"), U"\ufffd\ufffd\ufffd\ufffd");  // above U+10FFFF
  EXPECT_EQ(decode_utf8("\xc3\x28"), U"\ufffd(");                           // no continuation
}

RC_GTEST_PROP(Utf8, encoding_a_decoded_text_is_stable, (const std::string& bytes)) {
  const std::u32string codes = decode_utf8(bytes);
  std::string text;
  for (const char32_t code : codes) text += encode_utf8(code);
  RC_ASSERT(decode_utf8(text) == codes);
  RC_ASSERT(codes.size() <= bytes.size());
}

TEST(Utf8, every_code_point_survives_a_round_trip) {
  for (char32_t code = 0; code <= 0x10ffff; code += code < 0x1000 ? 1 : 97) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    ASSERT_EQ(decode_utf8(encode_utf8(code)), std::u32string(1, code));
  }
}

}  // namespace
}  // namespace gtn
