#include "gtn/data/png_reader.h"

#include <png.h>

#include <array>
#include <cstring>

#include "gtn/core/error.h"
#include "gtn/data/picture.h"

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

// Of the header, which libpng has found sound: bit depth and colour type stand at fixed places.
uint64_t bits_of_pixel(std::string_view bytes) {
  constexpr std::array<unsigned, 7> kChannels = {1, 0, 3, 1, 2, 0, 4};
  return uint64_t{static_cast<unsigned char>(bytes[24])} * kChannels.at(static_cast<unsigned char>(bytes[25]));
}

// Whether a chunk acTL, which announces frames, stands before the pixels.
bool is_animated(std::string_view bytes) {
  constexpr size_t kSignature = 8, kChunkFrame = 12;  // a chunk: length, name, data, check sum
  for (size_t at = kSignature; at + kChunkFrame <= bytes.size();) {
    uint64_t length = 0;
    for (size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(bytes[at + i]);
    const std::string_view name = bytes.substr(at + 4, 4);
    if (name == "acTL") return true;
    if (name == "IDAT" || length > bytes.size()) return false;
    at += kChunkFrame + length;
  }
  return false;
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

Picture decode_png_picture(std::string_view bytes) {
  using namespace picture_faults;
  PngImage png;
  const auto damaged_picture = [&] { return Picture::refused(kDamaged, "libpng: " + std::string(png.image.message)); };
  if (!png_image_begin_read_from_memory(&png.image, bytes.data(), bytes.size())) return damaged_picture();
  const auto pixels = int64_t{png.image.width} * png.image.height;
  const std::string size = std::to_string(png.image.width) + " x " + std::to_string(png.image.height);
  if (pixels > kPicturePixels) return Picture::refused(kHuge, size);
  if (static_cast<uint64_t>(pixels) * bits_of_pixel(bytes) / 8 > kDeflateGain * bytes.size())
    return Picture::refused(kDamaged, size + " pixels in " + std::to_string(bytes.size()) + " bytes");
  if (png.image.format & PNG_FORMAT_FLAG_LINEAR) return Picture::refused(kDeep);
  if (is_animated(bytes)) return Picture::refused(kAnimated);

  png.image.format &= PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA;  // a palette is looked up
  const auto channels = static_cast<int64_t>(PNG_IMAGE_PIXEL_CHANNELS(png.image.format));
  Tensor rows = at::empty({png.image.height, png.image.width, channels}, at::kByte);
  if (!png_image_finish_read(&png.image, nullptr, rows.data_ptr<uint8_t>(), 0, nullptr)) return damaged_picture();
  const bool alpha = (png.image.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  if (alpha && !rows.select(2, channels - 1).eq(255).all().item<bool>()) return Picture::refused(kTransparent);
  return {.pixels = rows.narrow(2, 0, alpha ? channels - 1 : channels).permute({2, 0, 1}).contiguous()};
}

}  // namespace gtn
