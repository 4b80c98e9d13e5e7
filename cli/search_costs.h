// What a candidate costs besides its training: weighed against its accuracy, and limited.
#pragma once

#include <string>
#include <vector>

#include "cli/search_config.h"
#include "gtn/core/json.h"
#include "gtn/nets/net.h"

namespace gtn {

// The configuration, where its objectives are accuracy and some of params, flops and latency, each once. Throws a usage
// error that lists every fault.
const SearchConfig& check_objectives(const SearchConfig& config);

inline constexpr const char* kLatency = "latency";  // the objective, and the fact of a trial

// Whether the time of a network matters.
bool needs_latency(const SearchConfig& config);

// What a candidate of these facts (its trial's result) costs, by the objectives other than accuracy, in their order; a
// latency that was not measured is NaN, which is worse than all others.
std::vector<double> costs_of(const Json& facts, const std::vector<std::string>& objectives);

// Throws a usage error where a network costs more than it may. `milliseconds` for an image count where there is such a
// limit.
void check_limits(const Net& net, const LimitsConfig& limits, double milliseconds);

}  // namespace gtn
