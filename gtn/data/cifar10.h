// CIFAR-10 (Krizhevsky, 2009): colour images of 32 x 32 pixels in ten classes, in the two encodings met in the wild.
#pragma once

#include <string>
#include <string_view>

#include "gtn/core/tensor.h"

namespace gtn {

struct LabelledImages {
  Tensor images;  // [N, 3, 32, 32] uint8; red, green, blue
  Tensor labels;  // [N] int64, 0 to 9
};

// A binary batch: rows of 3073 bytes, which are a label and the red, the green and the blue plane. Throws a failure at
// `where` where the size is no multiple of that, nothing is there, or a label is above 9.
LabelledImages decode_cifar10_batch(std::string_view bytes, const std::string& where);

// A batch as a picture of 1024 x N pixels, one row an image, its pixels row by row: [N, 3, 32, 32] uint8. Throws a
// failure at `where` for another width, and what decode_png throws.
Tensor decode_cifar10_png(std::string_view bytes, const std::string& where);

// A JSON list of labels: [N] int64. Throws a failure at `where` for other JSON, an empty list or a label that is not
// one of 0 to 9.
Tensor decode_cifar10_labels(std::string_view text, const std::string& where);

}  // namespace gtn
