#include "gtn/report/png.h"

#include <gmock/gmock.h>
#include <png.h>

#include "gtn/core/error.h"
#include "gtn/core/random.h"
#include "tests/report/support.h"

namespace gtn {
namespace {

// Reads with libpng what libpng's writer was given: [H, W] for a grey file, else [H, W, 3].
Tensor decode_png(const std::string& bytes) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&image, bytes.data(), bytes.size())) throw std::runtime_error(image.message);
  const bool grey = (image.format & PNG_FORMAT_FLAG_COLOR) == 0;
  image.format = grey ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  Tensor pixels = at::empty({image.height, image.width, grey ? 1 : 3}, at::kByte);
  if (!png_image_finish_read(&image, nullptr, pixels.data_ptr<uint8_t>(), 0, nullptr))
    throw std::runtime_error(image.message);
  return grey ? pixels.squeeze(2) : pixels;
}

Tensor random_bytes(const Shape& shape) { return Key(5).uniform(shape, 0, 256).to(at::kByte); }

TEST(Png, decodes_to_the_same_pixels) {
  for (const Shape& shape : {Shape{7, 5}, Shape{1, 1}, Shape{4, 9, 3}}) {
    const Tensor pixels = random_bytes(shape);
    EXPECT_TRUE(at::equal(decode_png(encode_png(pixels)), pixels)) << to_string(shape);
  }
}

TEST(Png, takes_a_view_whose_memory_is_not_in_order) {
  const Tensor pixels = random_bytes({3, 6, 8}).permute({1, 2, 0});
  EXPECT_TRUE(at::equal(decode_png(encode_png(pixels)), pixels));
}

TEST(Png, same_pixels_give_the_same_bytes) {
  EXPECT_EQ(encode_png(random_bytes({20, 30})), encode_png(random_bytes({20, 30})));
}

TEST(Png, refuses_other_types_and_shapes_and_names_them) {
  EXPECT_THAT(message_of<std::invalid_argument>([] {
                encode_png(at::zeros({4, 4}));
              }),
              testing::AllOf(testing::HasSubstr("uint8 [H, W]"), testing::HasSubstr("Float [4, 4]")));
  EXPECT_THROW(encode_png(random_bytes({4, 4, 4})), std::invalid_argument);
  EXPECT_THROW(encode_png(random_bytes({4, 0})), std::invalid_argument);
  EXPECT_THROW(encode_png(random_bytes({4})), std::invalid_argument);
}

TEST(Png, is_written_whole_or_not_at_all) {
  const TemporaryFolder folder;
  write_png(folder / "a.png", random_bytes({6, 6}));
  EXPECT_EQ(read_file(folder / "a.png"), encode_png(random_bytes({6, 6})));
  EXPECT_THAT(message_of<Error>([&] {
                write_png(folder / "absent/a.png", random_bytes({6, 6}));
              }),
              testing::AllOf(testing::HasSubstr("absent/a.png"), testing::HasSubstr("could not be written"),
                             testing::HasSubstr("choose another folder")));
}

}  // namespace
}  // namespace gtn
