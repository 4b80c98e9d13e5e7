// Any archive is a trained network, or a gtn::Error: nothing else.
#include "cli/network_file.h"
#include "gtn/core/archive.h"
#include "gtn/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    gtn::to_network(gtn::decode_archive({reinterpret_cast<const char*>(data), size}, "fuzz"), "fuzz");
  } catch (const gtn::Error&) {
  }
  return 0;
}
