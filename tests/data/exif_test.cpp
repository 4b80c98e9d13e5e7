// The orientation of JPEG pictures: all eight of them, and EXIF as hostile files write it.
#include "gtn/data/exif.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "gtn/data/picture.h"
#include "tests/data/pictures.h"

namespace gtn {
namespace {

// A picture of 2 x 3 pixels as orientations 1 to 8 show it. The standard says where the first row and the first column
// stored are seen: top left, top right, bottom right, bottom left, left top, right top, right bottom, left bottom.
const std::vector<std::vector<int>> kShown{{0, 1, 2, 3, 4, 5}, {2, 1, 0, 5, 4, 3}, {5, 4, 3, 2, 1, 0},
                                           {3, 4, 5, 0, 1, 2}, {0, 3, 1, 4, 2, 5}, {3, 0, 4, 1, 5, 2},
                                           {5, 2, 4, 1, 3, 0}, {2, 5, 1, 4, 0, 3}};

Tensor shown_pixels(int orientation) {
  const Shape shape = orientation < 5 ? Shape{1, 2, 3} : Shape{1, 3, 2};
  return at::tensor(kShown.at(static_cast<size_t>(orientation) - 1), at::kByte).view(shape);
}

// Six blocks of 8 x 8 pixels: 40 times their number.
std::string blocks_file() {
  std::string pixels;
  for (int row = 0; row < 16; ++row)
    for (int column = 0; column < 24; ++column) pixels += static_cast<char>(40 * (row / 8 * 3 + column / 8));
  return encode_jpeg(24, 16, pixels, {.pixels = TJPF_GRAY});
}

const std::string kSmall = jpeg_file(8, 8, "\x77", {.pixels = TJPF_GRAY});

int orientation_of(const std::string& tiff) { return exif_orientation(with_exif(kSmall, tiff)); }

TEST(Exif, all_eight_orientations_are_turned_upright) {
  const Tensor stored = shown_pixels(1);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    EXPECT_TRUE(at::equal(upright(stored, orientation), shown_pixels(orientation))) << orientation;
    for (const bool big : {true, false}) {
      const std::string file = with_exif(blocks_file(), exif_tiff(static_cast<uint16_t>(orientation), big));
      EXPECT_EQ(exif_orientation(file), orientation);
      const Tensor pixels = decode_picture(file).pixels;
      ASSERT_TRUE(pixels.defined()) << orientation;
      const Tensor blocks = at::avg_pool2d(pixels.to(at::kFloat), {8, 8}) / 40;
      EXPECT_TRUE(at::equal(blocks.round().to(at::kByte), shown_pixels(orientation))) << orientation;
    }
  }
}

TEST(Exif, comes_before_the_picture_is_cropped) {
  const Tensor lying = decode_picture(with_exif(blocks_file(), exif_tiff(6))).pixels;
  EXPECT_EQ(shape_of(lying), (Shape{1, 24, 16}));
  const Tensor square = fit_picture(lying, 16);  // of its 24 rows the middle 16
  EXPECT_NEAR(square[0][0][0].item<int>(), 3 * 40, 8);
  EXPECT_NEAR(square[0][15][15].item<int>(), 2 * 40, 8);
}

TEST(Exif, what_says_no_orientation_is_upright) {
  EXPECT_EQ(exif_orientation(kSmall), 1);
  EXPECT_EQ(exif_orientation(""), 1);
  EXPECT_EQ(orientation_of(""), 1);
  for (const uint16_t value : {0, 9, 255, 256, 0x600, 65535})
    for (const bool big : {true, false}) EXPECT_EQ(orientation_of(exif_tiff(value, big)), 1) << value;
  const auto changed = [](size_t place, const std::string& bytes) {
    return orientation_of(exif_tiff(6).replace(place, bytes.size(), bytes));
  };
  const size_t entry = 8 + 2 + 12;  // that of the orientation
  EXPECT_EQ(changed(0, "MM"), 6);
  EXPECT_EQ(changed(0, "II"), 1) << "the other byte order";
  EXPECT_EQ(changed(0, "XX"), 1);
  EXPECT_EQ(changed(3, "+"), 1) << "no TIFF";
  EXPECT_EQ(changed(entry + 3, "\x04"), 1) << "of another type";
  EXPECT_EQ(changed(entry + 7, "\x02"), 1) << "two values";
}

TEST(Exif, stands_in_the_first_segment_of_its_kind_before_the_pixels) {
  const std::string exif = with_exif(kSmall, exif_tiff(3)).substr(0, 2 + 2 + 2 + 6 + exif_tiff(3).size());
  const std::string head = exif.substr(0, 2), segment = exif.substr(2), rest = kSmall.substr(2);
  const std::string other = jpeg_segment('\xe1', "http://ns.adobe.com/xap/1.0/") + jpeg_segment('\xe0', "JFIF");
  EXPECT_EQ(exif_orientation(head + other + segment + rest), 3);
  EXPECT_EQ(exif_orientation(head + std::string("\xff\xff\xff") + segment + rest), 3) << "bytes that fill";
  EXPECT_EQ(exif_orientation(kSmall + segment), 1) << "behind the pixels";
  EXPECT_EQ(exif_orientation(head + segment.substr(0, 3)), 1);
  EXPECT_EQ(exif_orientation(head + std::string("\xff\xe0\x00\x01", 4) + segment + rest), 1) << "shorter than itself";
  EXPECT_EQ(exif_orientation(head + "\xff\xe0\xff\xff" + segment + rest), 1) << "longer than the file";
  EXPECT_EQ(exif_orientation(head + "?" + segment + rest), 1) << "no marker";
}

TEST(Exif, hostile_directories_end_where_their_bytes_do) {
  const std::string whole = with_exif(kSmall, exif_tiff(8));
  const size_t value = 2 + 4 + 6 + 8 + 2 + 12 + 8;  // where the orientation is written
  for (size_t size = 0; size < whole.size(); ++size) {
    const int orientation = exif_orientation(whole.substr(0, size));
    EXPECT_EQ(orientation, size < 2 + 4 + 6 + exif_tiff(8).size() ? 1 : 8) << size;
  }
  for (size_t size = 0; size < exif_tiff(8).size(); ++size)
    EXPECT_EQ(orientation_of(exif_tiff(8).substr(0, size)), size < value - 2 - 4 - 6 + 2 ? 1 : 8) << size;
  const auto at_offset = [](uint32_t offset) { return orientation_of(exif_tiff(8).replace(4, 4, big_endian(offset))); };
  EXPECT_EQ(at_offset(8), 8);
  for (const uint32_t offset : {0u, 4u, 7u, 40u, 0x7fffffffu, 0xfffffff0u, 0xffffffffu})
    EXPECT_EQ(at_offset(offset), 1) << offset;
  std::string many = exif_tiff(8), looping = exif_tiff(0x600);
  many.replace(8, 2, "\xff\xff");
  EXPECT_EQ(orientation_of(many), 8) << "more entries than there are, behind the one that counts";
  many[8 + 2 + 12 + 1] = '\x13';
  EXPECT_EQ(orientation_of(many), 1);
  looping.replace(looping.size() - 4, 4, big_endian(8));  // the next directory is this one
  EXPECT_EQ(orientation_of(looping), 1);
}

RC_GTEST_PROP(ExifProperty, any_bytes_have_one_of_eight_orientations, ()) {
  const auto bytes = *rc::gen::arbitrary<std::string>();
  std::string damaged = with_exif(kSmall, exif_tiff(5, *rc::gen::arbitrary<bool>()));
  const auto edits = *rc::gen::container<std::vector<std::pair<size_t, char>>>(
      rc::gen::pair(rc::gen::inRange<size_t>(0, 80), rc::gen::arbitrary<char>()));
  for (const auto& [place, value] : edits) damaged[place] = value;
  for (const std::string& file : {bytes, damaged, with_exif(kSmall, bytes)}) {
    const int orientation = exif_orientation(file);
    RC_ASSERT(orientation >= 1 && orientation <= 8);
  }
}

}  // namespace
}  // namespace gtn
