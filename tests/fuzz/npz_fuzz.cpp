// Any bytes are an archive of arrays, or a gtn::Error, or arrays and faults: nothing else. As a whole and as one array.
#include "gtn/core/error.h"
#include "gtn/data/npz_reader.h"
#include "tests/fuzz/check_sums.h"

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned) {
  size = LLVMFuzzerMutate(data, size, max_size);
  gtn::mend_zip(data, size);
  return size;
}

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
