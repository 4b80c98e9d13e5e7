// Any bytes are an archive of arrays, or a gtn::Error, or arrays and faults: nothing else. As a whole and as one array.
#include "gtn/core/error.h"
#include "gtn/data/npz_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    gtn::Faults faults("fuzz");
    gtn::decode_npz(bytes, "fuzz", faults);
  } catch (const gtn::Error&) {
  }
  try {
    gtn::decode_npy(bytes, "fuzz");
  } catch (const gtn::Error&) {
  }
  return 0;
}
