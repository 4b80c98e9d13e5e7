// Any bytes are a PNG file of red, green and blue, or a gtn::Error: nothing else.
#include "gtn/core/error.h"
#include "gtn/data/png_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    gtn::decode_png({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const gtn::Error&) {
  }
  return 0;
}
