// A small bitmap font of printable ASCII, for labels inside images.
#pragma once

#include <string_view>

#include "gtn/core/tensor.h"

namespace gtn {

// A glyph's cell, the gap to the next one included, in units of `scale` pixels.
constexpr int64_t kGlyphWidth = 6;
constexpr int64_t kGlyphHeight = 8;

// The ink of one line of UTF-8 text: bool [kGlyphHeight * scale, kGlyphWidth * scale * code points]. A code point that
// is not printable ASCII shows as a hollow box. `scale` >= 1.
Tensor text_mask(std::string_view text, int64_t scale);

}  // namespace gtn
