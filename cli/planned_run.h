// A planned run as gtn preflight looks at it.
#pragma once

#include "cli/learner_file.h"
#include "gtn/preflight/check.h"

namespace gtn {

// What the run is made of, for checks: its data, step sizes and seed, and one learner: `learner` as read_learner takes
// it, or where it is empty the leading one of the population. The forecast takes one to four meta-iterations. Throws
// what make_net throws.
PlannedRun planned_run(const RunConfig& config, const Splits& splits, const std::string& learner, at::Device device);

// The instant checks of a run that is about to begin, and of own data those that take seconds: a line on stderr for
// each that does not pass.
void warn_before_run(const RunConfig& config, const Splits& splits, at::Device device);

}  // namespace gtn
