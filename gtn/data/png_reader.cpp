#include "gtn/data/png_reader.h"

#include <png.h>

#include <cstring>

#include "gtn/core/error.h"

namespace gtn {
namespace {

constexpr uint64_t kPixelBytesLimit = uint64_t{1} << 30;
constexpr uint64_t kDeflateGain = 1032;  // more bytes than this never come out of one compressed byte

// libpng's own bookkeeping, released on every way out. Its simplified interface catches its own jumps and returns, so
// none ever reaches a function of ours.
struct PngImage {
  png_image image;

  PngImage() {
    std::memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
  }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;
  ~PngImage() { png_image_free(&image); }
};

Error damaged(const std::string& where, const png_image& image) {
  return failure(where, "is no sound PNG file (libpng: " + std::string(image.message) + "); get another copy of it");
}

void check_header(const png_image& image, size_t file_bytes, const std::string& where) {
  const std::string size = std::to_string(image.width) + " x " + std::to_string(image.height) + " pixels";
  if (image.format != PNG_FORMAT_RGB)
    throw failure(where, "holds other pixels than 8-bit red, green and blue; convert it");
  const uint64_t needed = uint64_t{3} * image.width * image.height;
  if (needed > kPixelBytesLimit)
    throw failure(where, "announces " + size + ", more than the 1 GiB that are read; split it");
  if (needed > kDeflateGain * file_bytes)
    throw failure(where, "is cut short: it announces " + size + ", which " + std::to_string(file_bytes) +
                             " bytes cannot hold; get another copy of it");
}

}  // namespace

Tensor decode_png(std::string_view bytes, const std::string& where) {
  PngImage png;
  if (!png_image_begin_read_from_memory(&png.image, bytes.data(), bytes.size())) throw damaged(where, png.image);
  check_header(png.image, bytes.size(), where);
  Tensor pixels = at::empty({png.image.height, png.image.width, 3}, at::kByte);
  if (!png_image_finish_read(&png.image, nullptr, pixels.data_ptr<uint8_t>(), 0, nullptr))
    throw damaged(where, png.image);
  return pixels;
}

}  // namespace gtn
