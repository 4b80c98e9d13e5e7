// How the picture of a JPEG file is to be turned, as cameras and phones say it in EXIF: they store what the sensor saw,
// and beside it how they were held.
#pragma once

#include <string_view>

#include "gtn/core/tensor.h"

namespace gtn {

// The orientation (tag 274) of a JPEG file's bytes, from 1 to 8; 1, upright, where it has none or what it says of it is
// cut short, out of place or no orientation. Any bytes may be given.
int exif_orientation(std::string_view jpeg);

// The pixels [C, H, W] of a picture of this orientation as they are to be seen, of 5 to 8 with height and width
// exchanged. May share memory with `pixels`.
Tensor upright(const Tensor& pixels, int orientation);

}  // namespace gtn
