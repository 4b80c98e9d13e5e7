#include "gtn/data/png_reader.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "gtn/report/png.h"
#include "tests/data/files.h"

namespace gtn {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// The bytes of `png` with four big-endian bytes at `place` replaced, and the header's check sum made right.
std::string with_header(std::string png, size_t place, uint32_t value) {
  const auto put = [&](size_t at, uint32_t number) {
    for (size_t i = 0; i < 4; ++i) png[at + i] = static_cast<char>(number >> (24 - 8 * i) & 0xff);
  };
  put(place, value);
  put(29, static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(png.data() + 12), 17)));
  return png;
}

TEST(PngReader, gives_back_what_was_written) {
  const Tensor pixels = random_pixels({5, 7, 3}, 1);
  EXPECT_TRUE(at::equal(decode_png(encode_png(pixels), "a.png"), pixels));
}

TEST(PngReader, other_formats_are_refused) {
  const auto message = [](const std::string& bytes) { return message_of([&] { decode_png(bytes, "a.png"); }); };
  EXPECT_THAT(message(encode_png(random_pixels({5, 7}, 1))),
              AllOf(StartsWith("a.png: "), HasSubstr("other pixels than 8-bit red, green and blue")));
  EXPECT_THAT(message("GIF89a"), AllOf(StartsWith("a.png: is no sound PNG file"), HasSubstr("get another copy")));
  EXPECT_THAT(message(""), HasSubstr("is no sound PNG file"));
}

TEST(PngReader, a_file_cut_short_anywhere_is_refused) {
  const std::string bytes = encode_png(random_pixels({9, 11, 3}, 2));
  const size_t pixels_end = bytes.size() - 12;  // the end mark behind them may be lost without loss
  for (size_t size = 0; size < pixels_end - 8; ++size)
    EXPECT_THROW(decode_png(bytes.substr(0, size), "cut"), Error) << size;
}

TEST(PngReader, a_header_that_announces_too_much_is_refused_before_memory_is_taken) {
  const std::string bytes = encode_png(random_pixels({9, 11, 3}, 2));
  EXPECT_THAT(message_of([&] { decode_png(with_header(bytes, 20, 500000), "tall.png"); }),
              AllOf(StartsWith("tall.png: is cut short: it announces 11 x 500000 pixels"), HasSubstr("cannot hold")));
  EXPECT_THAT(message_of([&] { decode_png(with_header(with_header(bytes, 20, 900000), 16, 900000), "huge.png"); }),
              HasSubstr("900000 x 900000 pixels, more than the 1 GiB"));
}

RC_GTEST_PROP(PngReaderProperty, damaged_bytes_parse_or_throw_an_error, ()) {
  static const std::string valid = encode_png(random_pixels({6, 5, 3}, 3));
  std::string bytes = valid;
  const auto edits = *rc::gen::container<std::vector<std::pair<size_t, char>>>(
      rc::gen::pair(rc::gen::inRange<size_t>(0, valid.size()), rc::gen::arbitrary<char>()));
  for (const auto& [place, value] : edits) bytes[place] = value;
  try {
    RC_ASSERT(decode_png(bytes, "mutant").dim() == 3);
  } catch (const Error& error) {
    RC_ASSERT(std::string(error.what()).starts_with("mutant: "));
  }
}

}  // namespace
}  // namespace gtn
