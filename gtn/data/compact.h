// The small form of an artefact's tensors, to give away: images in 8 bits with a scale and an offset for each image and
// channel (they are in normalised units, which have no common bounds), labels and whitening in half precision.
#pragma once

#include <string>

#include "gtn/core/archive.h"
#include "gtn/core/error.h"

namespace gtn {

// Bytes that a compact file may have where it holds a whitening matrix: one of 3 x 32 x 32 values has 18.9 MB in half
// precision, and what is given away should be small.
constexpr int64_t kCompactWhiteningLimit = 5'000'000;

// How the metadata say that and how to decode it.
constexpr const char* kCompactUsage =
    "Stored small: first decode, in float32, images = images * images.scale[..., None, None] + "
    "images.offset[..., None, None]; labels and whitening may be in half precision, which any framework widens. ";

// Replaces images [T, B, C, H, W], labels and whitening, all sound and float32, by their small forms: U8 images with
// float32 images.scale and images.offset [T, B, C], of which each pixel is within half a scale; float16 labels, float32
// where rounding would take a row's sum further than `row_tolerance` from one; float16 whitening. Throws a failure at
// `where` where the whitening would take the file past kCompactWhiteningLimit.
void compact(Archive& archive, float row_tolerance, const std::string& where);

// The other way: float32 images, labels and whitening. Adds what is wrong with the encoding to `faults`; what it leaves
// in the archive then is for the checks of a plain artefact, and so is all that is no matter of the encoding.
void expand(Archive& archive, Faults& faults);

}  // namespace gtn
