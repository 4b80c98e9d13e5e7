// A picture from a stranger: PNG or JPEG, as its content says, whatever its name.
#pragma once

#include <string>
#include <string_view>

#include "gtn/core/tensor.h"
#include "gtn/data/fault_groups.h"

namespace gtn {

constexpr int64_t kPicturePixels = int64_t{64} << 20;  // of a picture at most

// The pixels of a picture, or what is wrong with it.
struct Picture {
  Tensor pixels = {};                // [C, H, W] uint8, C = 1 where red, green and blue are equal everywhere, else 3
  const FaultKind* fault = nullptr;  // none where there are pixels
  std::string detail = {};           // more on the fault, fit for a message; may be empty

  static Picture refused(const FaultKind& kind, std::string detail = {}) { return {{}, &kind, std::move(detail)}; }
};

// Decodes the bytes of a file. Refused, each as a kind of its own: nothing, other formats, damaged or truncated files,
// more than kPicturePixels (before memory is taken for them), 16 bits a channel, animation, transparency, CMYK. Opaque
// alpha is left out, and a JPEG file is turned and mirrored as its EXIF says (gtn/data/exif.h). Throws nothing but what
// memory does; may be called from several threads.
Picture decode_picture(std::string_view bytes);

// The same for the bytes of one format.
Picture decode_png_picture(std::string_view bytes);
Picture decode_jpeg_picture(std::string_view bytes);

// The middle square of a picture [C, H, W] uint8, brought to [C, size, size] uint8 by averaging (antialiased bilinear).
// A picture of that size is only copied.
Tensor fit_picture(const Tensor& pixels, int64_t size);

namespace picture_faults {
extern const FaultKind kEmpty, kForeign, kDamaged, kHuge, kDeep, kAnimated, kTransparent, kCmyk;
}  // namespace picture_faults

}  // namespace gtn
