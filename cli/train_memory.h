// What gtn train says of its memory before it begins, and when it refuses.
#pragma once

#include <optional>

#include "cli/run_config.h"
#include "gtn/teacher/memory_forecast.h"

namespace gtn {

// What the run will need with `limit` bytes for it all. Throws a failure where the machine has no memory for it, unless
// a person `insists`.
MemoryForecast forecast_run(const RunConfig& config, const Shape& image, int64_t classes, int64_t limit, bool insists);

// The forecast in a line, MiB throughout.
std::string memory_text(const MemoryForecast& forecast, int64_t limit);

}  // namespace gtn
