// PNG files.
#pragma once

#include <filesystem>
#include <string>

#include "gtn/core/tensor.h"

namespace gtn {

// The bytes of a PNG file. `pixels`: uint8, [H, W] (grey) or [H, W, 3] (red, green, blue), of at least one pixel, on
// any device. Same pixels, same bytes. Throws std::invalid_argument for another type or shape, and a failure where
// libpng refuses (an image too large for memory).
std::string encode_png(const Tensor& pixels);

// The same, written atomically to `path`; throws what write_file_atomic throws.
void write_png(const std::filesystem::path& path, const Tensor& pixels);

}  // namespace gtn
