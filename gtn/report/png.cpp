#include "gtn/report/png.h"

#include <png.h>

#include <cstring>
#include <stdexcept>

#include "gtn/core/error.h"
#include "gtn/core/file.h"

namespace gtn {

// libpng reports errors by longjmp, which must not cross a C++ object with a destructor. Its simplified interface
// catches its own jumps and returns, so none ever reaches this function.
std::string encode_png(const Tensor& pixels) {
  const bool grey = pixels.dim() == 2;
  if (pixels.scalar_type() != at::kByte || !(grey || (pixels.dim() == 3 && pixels.size(2) == 3)) || pixels.numel() == 0)
    throw std::invalid_argument("encode_png: needs uint8 [H, W] or [H, W, 3], not " +
                                std::string(c10::toString(pixels.scalar_type())) + " " + to_string(shape_of(pixels)));
  const Tensor packed = pixels.cpu().contiguous();

  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.height = static_cast<png_uint_32>(packed.size(0));
  image.width = static_cast<png_uint_32>(packed.size(1));
  image.format = grey ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;

  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, packed.data_ptr<uint8_t>(), 0, nullptr))
    throw failure("PNG of " + to_string(shape_of(pixels)),
                  "libpng refused it (" + std::string(image.message) + "); draw a smaller image");
  bytes.resize(size);
  return bytes;
}

void write_png(const std::filesystem::path& path, const Tensor& pixels) { write_file_atomic(path, encode_png(pixels)); }

}  // namespace gtn
