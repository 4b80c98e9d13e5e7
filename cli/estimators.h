// The estimators that a configuration names, made of a teacher and its data.
#pragma once

#include "cli/scoring.h"

namespace gtn {

// An estimator, and a full estimate by it.
struct EstimatorInFull {
  EstimatorPtr estimator;
  int64_t steps = 0;  // that a candidate takes before it is judged in full; 0: it trains none
};

// `asked` steps (0: as many as the curriculum has) before a candidate is judged, by what trains: no more than the
// curriculum has, for teacher and real_schedule, more for warm_start (0: twice as many), any number for real and
// kmeans. Throws a usage error where these are others, or no estimator has this name; `key` is the configuration's that
// says it.
EstimatorInFull estimator_named(const std::string& name, const std::string& key, const Scoring& scoring, int64_t asked,
                                const TrainingEstimatorConfig& config, const Key& random);

}  // namespace gtn
