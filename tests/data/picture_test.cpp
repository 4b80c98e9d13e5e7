#include "gtn/data/picture.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "gtn/report/png.h"
#include "tests/data/files.h"
#include "tests/data/pictures.h"

namespace gtn {
namespace {

using namespace picture_faults;
using testing::HasSubstr;

std::string kind_of(const std::string& bytes) {
  const Picture picture = decode_picture(bytes);
  EXPECT_EQ(picture.fault == nullptr, picture.pixels.defined());
  return picture.fault ? picture.fault->what : "";
}

TEST(Picture, gives_back_what_was_written_in_grey_and_colour) {
  const Tensor colour = random_pixels({5, 7, 3}, 1), grey = random_pixels({5, 7}, 2);
  EXPECT_TRUE(at::equal(decode_picture(encode_png(colour)).pixels, colour.permute({2, 0, 1})));
  EXPECT_TRUE(at::equal(decode_picture(encode_png(grey)).pixels, grey.unsqueeze(0)));
  EXPECT_TRUE(at::equal(decode_picture(encode_png(at::stack({grey, grey, grey}, 2))).pixels, grey.unsqueeze(0)))
      << "colour without colour is grey";
}

TEST(Picture, jpeg_files_are_read_in_grey_and_colour) {
  const Tensor red = decode_picture(jpeg_file(9, 5, "\xf0\x10\x20")).pixels;
  EXPECT_EQ(shape_of(red), (Shape{3, 5, 9}));
  for (const auto& [channel, value] : {std::pair{0, 0xf0}, {1, 0x10}, {2, 0x20}})
    EXPECT_NEAR(red[channel].to(at::kFloat).mean().item<float>(), value, 3) << channel;
  const Tensor grey = decode_picture(jpeg_file(9, 5, "\x77", {.pixels = TJPF_GRAY})).pixels;
  EXPECT_EQ(shape_of(grey), (Shape{1, 5, 9}));
  EXPECT_NEAR(grey.to(at::kFloat).mean().item<float>(), 0x77, 1);
  EXPECT_EQ(shape_of(decode_picture(jpeg_file(9, 5, "\xf0\x10\x20", {.flags = TJFLAG_PROGRESSIVE})).pixels),
            (Shape{3, 5, 9}));
}

TEST(Picture, palettes_one_bit_and_opaque_alpha_are_pixels) {
  const std::string palette = png_chunk("PLTE", std::string("\x01\x02\x03\xf1\xf2\xf3", 6));
  const Tensor looked_up =
      decode_picture(png_file(2, {std::string("\x01\x00", 2)}, {.colour_type = 3, .before = palette})).pixels;
  EXPECT_TRUE(at::equal(looked_up.select(1, 0), at::tensor({0xf1, 1, 0xf2, 2, 0xf3, 3}, at::kByte).view({3, 2})));
  const Tensor bits = decode_picture(png_file(8, {"\xa0"}, {.depth = 1, .colour_type = 0})).pixels;
  EXPECT_TRUE(at::equal(bits.flatten(), at::tensor({255, 0, 255, 0, 0, 0, 0, 0}, at::kByte)));
  const Tensor opaque = decode_picture(png_file(1, {std::string("\x10\x20\x30\xff")}, {.colour_type = 6})).pixels;
  EXPECT_TRUE(at::equal(opaque.flatten(), at::tensor({0x10, 0x20, 0x30}, at::kByte)));
}

TEST(Picture, each_kind_that_cannot_be_used_is_told_by_name) {
  EXPECT_EQ(kind_of(""), kEmpty.what);
  EXPECT_EQ(kind_of("hello"), kForeign.what);
  EXPECT_EQ(decode_picture("GIF89a").detail, "GIF");
  EXPECT_EQ(kind_of(png_file(1, {std::string("\x10\x20", 2)}, {.depth = 16, .colour_type = 0})), kDeep.what);
  EXPECT_EQ(kind_of(png_file(1, {std::string("\x10\x20\x30\x7f")}, {.colour_type = 6})), kTransparent.what);
  const std::string frames = png_chunk("acTL", big_endian(2) + big_endian(0));
  EXPECT_EQ(kind_of(png_file(1, {"\x10"}, {.colour_type = 0, .before = frames})), kAnimated.what);
  EXPECT_EQ(kind_of(jpeg_file(4, 4, "\x01\x02\x03\x04", {.pixels = TJPF_CMYK})), kCmyk.what);
}

TEST(Picture, bombs_are_refused_before_memory_is_taken) {
  std::string png = "\x89PNG\r\n\x1a\n" +
                    png_chunk("IHDR", big_endian(60000) + big_endian(60000) + std::string("\x08\x02\x00\x00\x00", 5));
  EXPECT_EQ(kind_of(png + png_chunk("IDAT", "x")), kHuge.what);
  png = "\x89PNG\r\n\x1a\n" +
        png_chunk("IHDR", big_endian(8000) + big_endian(8000) + std::string("\x08\x02\x00\x00\x00", 5));
  EXPECT_EQ(kind_of(png + png_chunk("IDAT", "x")), kDamaged.what) << "no 192 MB come out of a hundred bytes";
  std::string jpeg = jpeg_file(8, 8, "\x10\x20\x30");
  const size_t frame = jpeg.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xff\x00\xff\x00", 4);  // height and width
  EXPECT_EQ(kind_of(jpeg), kHuge.what);
}

TEST(Picture, a_file_cut_short_anywhere_is_refused) {
  const std::string png = encode_png(random_pixels({9, 11, 3}, 2)), jpeg = jpeg_file(24, 24, "\xf0\x10\x20");
  for (size_t size = 0; size + 20 < png.size(); ++size) EXPECT_NE(kind_of(png.substr(0, size)), "") << size;
  for (size_t size = 0; size + 2 < jpeg.size(); ++size) EXPECT_NE(kind_of(jpeg.substr(0, size)), "") << size;
}

TEST(Picture, fits_the_middle_square_by_averages) {
  Tensor wide = at::zeros({1, 4, 10}, at::kByte);
  wide.narrow(2, 3, 2).fill_(200);  // the left half of the middle square
  const Tensor half = fit_picture(wide, 2);
  EXPECT_EQ(shape_of(half), (Shape{1, 2, 2}));
  EXPECT_TRUE(half.select(2, 0).gt(150).all().item<bool>() && half.select(2, 1).lt(50).all().item<bool>());
  EXPECT_TRUE(at::equal(fit_picture(wide, 4), wide.narrow(2, 3, 4)));
  const Tensor flat = at::full({3, 17, 23}, 77, at::kByte);
  for (const int64_t size : {1, 5, 17, 40})
    EXPECT_TRUE(at::equal(fit_picture(flat, size), at::full({3, size, size}, 77, at::kByte))) << size;
  // The reference: the mean over squares, which a whole-number reduction of a triangle filter is near.
  const Tensor noise = random_pixels({1, 64, 64}, 3);
  const Tensor means = at::avg_pool2d(noise.to(at::kFloat).unsqueeze(0), {8, 8}).squeeze(0);
  EXPECT_LT((fit_picture(noise, 8).to(at::kFloat) - means).abs().mean().item<float>(), 8);
}

RC_GTEST_PROP(PictureProperty, damaged_bytes_give_pixels_or_a_fault, ()) {
  static const std::string png = encode_png(random_pixels({6, 5, 3}, 3)), jpeg = jpeg_file(16, 8, "\xf0\x10\x20");
  std::string bytes = *rc::gen::element(png, jpeg);
  const auto edits = *rc::gen::container<std::vector<std::pair<size_t, char>>>(
      rc::gen::pair(rc::gen::inRange<size_t>(0, bytes.size()), rc::gen::arbitrary<char>()));
  for (const auto& [place, value] : edits) bytes[place] = value;
  const Picture picture = decode_picture(bytes);
  RC_ASSERT((picture.fault == nullptr) == picture.pixels.defined());
}

}  // namespace
}  // namespace gtn
