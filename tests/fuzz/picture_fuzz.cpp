// Any bytes are a picture of one channel or three, or a fault: nothing else. What is one can be fitted.
#include <cstdlib>

#include "gtn/data/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const gtn::Picture picture = gtn::decode_picture({reinterpret_cast<const char*>(data), size});
  if ((picture.fault == nullptr) != picture.pixels.defined()) std::abort();
  if (picture.fault) return 0;
  const gtn::Tensor fitted = gtn::fit_picture(picture.pixels, 8);
  if (fitted.size(0) != 1 && fitted.size(0) != 3) std::abort();
  return 0;
}
