#include "gtn/data/picture.h"

#include <algorithm>
#include <array>

namespace gtn {

namespace picture_faults {
const FaultKind kEmpty{"empty files", "get other copies of them"};
const FaultKind kForeign{"files that are neither PNG nor JPEG", "convert them, or take them out of the folder"};
const FaultKind kDamaged{"damaged or truncated pictures", "get other copies of them"};
const FaultKind kHuge{"pictures of more than 64 million pixels", "reduce them"};
const FaultKind kDeep{"pictures of 16 bits a channel", "convert them to 8 bits"};
const FaultKind kAnimated{"animated PNG files", "keep one frame of each"};
const FaultKind kTransparent{"pictures with transparent parts", "lay them on a background"};
const FaultKind kCmyk{"JPEG files in CMYK", "convert them to RGB"};
}  // namespace picture_faults

namespace {

using Magic = std::pair<std::string_view, const char*>;

// Formats that lie beside PNG and JPEG in the wild.
constexpr auto kOtherFormats = std::to_array<Magic>({{"GIF8", "GIF"},
                                                     {"BM", "BMP"},
                                                     {"RIFF", "WebP"},
                                                     {std::string_view("II*\0", 4), "TIFF"},
                                                     {std::string_view("MM\0*", 4), "TIFF"},
                                                     {"%PDF", "PDF"},
                                                     {"PK\x03\x04", "zip"}});

std::string other_format(std::string_view bytes) {
  const auto found = std::ranges::find_if(kOtherFormats, [&](const Magic& m) { return bytes.starts_with(m.first); });
  return found == kOtherFormats.end() ? "" : found->second;
}

// Grey as one channel: files of red, green and blue often hold grey.
Tensor without_needless_colour(const Tensor& pixels) {
  if (pixels.size(0) != 3) return pixels;
  const Tensor red = pixels[0];
  return at::equal(red, pixels[1]) && at::equal(red, pixels[2]) ? pixels.narrow(0, 0, 1).contiguous() : pixels;
}

}  // namespace

Picture decode_picture(std::string_view bytes) {
  using namespace picture_faults;
  if (bytes.empty()) return Picture::refused(kEmpty);
  const bool png = bytes.starts_with("\x89PNG\r\n\x1a\n"), jpeg = bytes.starts_with("\xff\xd8\xff");
  if (!png && !jpeg) return Picture::refused(kForeign, other_format(bytes));
  Picture picture = png ? decode_png_picture(bytes) : decode_jpeg_picture(bytes);
  if (!picture.fault) picture.pixels = without_needless_colour(picture.pixels);
  return picture;
}

Tensor fit_picture(const Tensor& pixels, int64_t size) {
  const int64_t side = std::min(pixels.size(1), pixels.size(2));
  const Tensor square =
      pixels.narrow(1, (pixels.size(1) - side) / 2, side).narrow(2, (pixels.size(2) - side) / 2, side);
  if (side == size) return square.clone(at::MemoryFormat::Contiguous);
  Tensor fitted = at::empty({pixels.size(0), size, size}, at::kByte);
  for (int64_t c = 0; c < pixels.size(0); ++c) {  // one by one: floats of a large picture take much memory
    const Tensor plane = square[c].to(at::kFloat).view({1, 1, side, side});
    const Tensor small = at::_upsample_bilinear2d_aa(plane, {size, size}, /*align_corners=*/false);
    fitted[c].copy_(small.view({size, size}).round().clamp(0, 255));
  }
  return fitted;
}

}  // namespace gtn
