// Any bytes are a picture of one channel or three, or a fault: nothing else. What is one can be fitted. And any bytes
// have an orientation, also where libjpeg refuses them.
#include <cstdlib>

#include "gtn/data/exif.h"
#include "gtn/data/picture.h"
#include "tests/fuzz/check_sums.h"

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned) {
  size = LLVMFuzzerMutate(data, size, max_size);
  if (size > 0 && data[0] == 0x89) gtn::mend_png(data, size);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const int orientation = gtn::exif_orientation(bytes);
  if (orientation < 1 || orientation > 8) std::abort();
  const gtn::Picture picture = gtn::decode_picture(bytes);
  if ((picture.fault == nullptr) != picture.pixels.defined()) std::abort();
  if (picture.fault) return 0;
  const gtn::Tensor fitted = gtn::fit_picture(picture.pixels, 8);
  if (fitted.size(0) != 1 && fitted.size(0) != 3) std::abort();
  return 0;
}
