// JPEG pictures, by libjpeg-turbo.
#include <turbojpeg.h>

#include <memory>

#include "gtn/data/exif.h"
#include "gtn/data/picture.h"

namespace gtn {
namespace {

struct Destroy {
  void operator()(void* decoder) const { tjDestroy(decoder); }
};
using Decoder = std::unique_ptr<void, Destroy>;

Picture damaged(const Decoder& decoder) {
  return Picture::refused(picture_faults::kDamaged, std::string("libjpeg: ") + tjGetErrorStr2(decoder.get()));
}

}  // namespace

Picture decode_jpeg_picture(std::string_view bytes) {
  const Decoder decoder(tjInitDecompress());
  if (!decoder) return Picture::refused(picture_faults::kDamaged, "libjpeg: out of memory");
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0, height = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &subsampling, &colours) != 0)
    return damaged(decoder);
  if (colours == TJCS_CMYK || colours == TJCS_YCCK) return Picture::refused(picture_faults::kCmyk);
  if (int64_t{width} * height > kPicturePixels)
    return Picture::refused(picture_faults::kHuge, std::to_string(width) + " x " + std::to_string(height));
  const bool grey = colours == TJCS_GRAY;
  Tensor rows = at::empty({height, width, grey ? 1 : 3}, at::kByte);
  // A warning is a picture that is not whole. Some hundred scans would take minutes: a known attack.
  constexpr int kFlags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;
  const int status = tjDecompress2(decoder.get(), data, bytes.size(), rows.data_ptr<uint8_t>(), width, /*pitch=*/0,
                                   height, grey ? TJPF_GRAY : TJPF_RGB, kFlags);
  if (status != 0) return damaged(decoder);
  return {.pixels = upright(rows.permute({2, 0, 1}), exif_orientation(bytes)).contiguous()};
}

}  // namespace gtn
