// Any bytes are an IDX file, plain or gzip, or a gtn::Error: nothing else.
#include "gtn/core/error.h"
#include "gtn/data/idx.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    gtn::decode_idx({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const gtn::Error&) {
  }
  return 0;
}
