// Any bytes are a PNG file of red, green and blue, or a gtn::Error: nothing else.
#include "gtn/core/error.h"
#include "gtn/data/png_reader.h"
#include "tests/fuzz/check_sums.h"

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned) {
  size = LLVMFuzzerMutate(data, size, max_size);
  gtn::mend_png(data, size);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    gtn::decode_png({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const gtn::Error&) {
  }
  return 0;
}
