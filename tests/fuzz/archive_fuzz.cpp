// Any bytes are an archive that survives a round trip, or a gtn::Error; any archive is an artefact or a gtn::Error.
#include <cstdlib>

#include "gtn/core/archive.h"
#include "gtn/core/error.h"
#include "gtn/data/artefact.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const gtn::Archive archive = gtn::decode_archive({reinterpret_cast<const char*>(data), size}, "fuzz");
    const std::string bytes = gtn::encode_archive(archive);
    if (gtn::encode_archive(gtn::decode_archive(bytes, "again")) != bytes) std::abort();
    gtn::to_artefact(archive, "fuzz");
  } catch (const gtn::Error&) {
  }
  return 0;
}
