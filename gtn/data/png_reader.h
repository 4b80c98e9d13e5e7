// PNG files, read as strangers give them.
#pragma once

#include <string>
#include <string_view>

#include "gtn/core/tensor.h"

namespace gtn {

// The pixels of a PNG file of 8-bit red, green, blue: uint8 [H, W, 3]. Throws a failure at `where` for another format
// or depth, for more than 1 GiB of pixels or more than its bytes could hold, and for bytes that are cut short or
// damaged.
Tensor decode_png(std::string_view bytes, const std::string& where);

}  // namespace gtn
