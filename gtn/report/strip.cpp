#include "gtn/report/strip.h"

#include <algorithm>

#include "gtn/report/png.h"

namespace gtn {

int64_t strip_reduction(const Shape& images) {
  constexpr int64_t kSide = 64;
  const int64_t side = std::max(images.rbegin()[0], images.rbegin()[1]);
  return (side + kSide - 1) / kSide;
}

std::string encode_strip(const Tensor& images, int64_t reduction) {
  const Shape square{std::min(reduction, images.size(2)), std::min(reduction, images.size(3))};
  const Tensor small = reduction > 1 ? at::avg_pool2d(images, square) : images;
  const Tensor padded = at::constant_pad_nd(small, {0, 1}, 1.0).permute({1, 2, 0, 3});  // [C, H, n, W + 1]
  const Tensor flat = padded.reshape({padded.size(0), padded.size(1), -1});
  const Tensor row = flat.narrow(2, 0, flat.size(2) - 1).mul(255).round().to(at::kByte);
  return encode_png((row.size(0) == 1 ? row[0] : row.permute({1, 2, 0})).contiguous());
}

}  // namespace gtn
