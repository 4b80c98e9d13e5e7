// Any text is what a page shows of an evaluation or a study, or a gtn::Error: nothing else.
#include "cli/report_data.h"
#include "gtn/core/error.h"
#include "gtn/search/study_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const gtn::Json json = gtn::parse_json({reinterpret_cast<const char*>(data), size});
  if (json.is_discarded()) return 0;
  try {
    gtn::evaluation_flags(json);
    gtn::evaluation_part(json).dump(-1, ' ', false, gtn::Json::error_handler_t::replace);
  } catch (const gtn::Error&) {
  }
  try {
    gtn::study_table(json, "fuzz");
  } catch (const gtn::Error&) {
  }
  return 0;
}
