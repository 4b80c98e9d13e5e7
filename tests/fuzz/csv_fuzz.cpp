// Any bytes are rows of at least one cell, in lines that count upwards, or a gtn::Error: nothing else.
#include <cstdlib>

#include "gtn/core/error.h"
#include "gtn/data/csv_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    int64_t last = 0;
    gtn::read_csv(text, gtn::csv_separator(text), "fuzz", [&](int64_t line, const std::vector<std::string>& cells) {
      if (cells.empty() || line <= last) std::abort();
      last = line;
      return true;
    });
  } catch (const gtn::Error&) {
  }
  return 0;
}
