#include "cli/estimators.h"

#include "cli/evaluate_controls.h"
#include "gtn/core/error.h"
#include "gtn/core/nearest.h"
#include "gtn/search/proxies.h"

namespace gtn {
namespace {

const std::vector<std::string> kNames{"teacher", "real",      "real_schedule", "kmeans", "synflow",
                                      "naswot",  "jacob_cov", "grad_norm",     "params", "flops"};

EstimatorPtr zero_cost_estimator(const std::string& name, const Scoring& scoring, const Key& random) {
  if (name == "synflow") return synflow_estimator();
  if (name == "params") return parameter_count_estimator();
  if (name == "flops") return multiply_adds_estimator();
  const Batch batch = scoring.proxy_batch(random);
  if (name == "naswot") return naswot_estimator(batch);
  if (name == "jacob_cov") return jacob_cov_estimator(batch);
  return gradient_norm_estimator(batch);
}

}  // namespace

NamedEstimator estimator_named(const std::string& name, const std::string& key, const Scoring& scoring, int64_t asked,
                               const TrainingEstimatorConfig& config, const Key& random) {
  if (std::ranges::find(kNames, name) == kNames.end()) {
    const std::string near = nearest(name, kNames);
    throw usage_error(key, "'" + name + "' is not one of " + kEstimatorNames +
                               (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  if (name == "teacher") return {scoring.teacher_estimator(config), scoring.scored_steps(asked)};
  if (name == "real_schedule") return {scoring.real_schedule_estimator(config), scoring.scored_steps(asked)};
  const int64_t steps = asked > 0 ? asked : scoring.artefact().steps();
  if (name == "real") return {scoring.real_estimator(steps, config), steps};
  if (name == "kmeans") {
    const Dataset& train = scoring.splits().train;
    const int64_t count = std::min(scoring.artefact().image_count(), balanced_images(train));
    ImageSet chosen =
        kmeans_control(name, count, scoring.splits(), random.split(name), scoring.device()).variants.front();
    return {scoring.set_estimator(name, std::move(chosen), steps, config), steps};
  }
  return {zero_cost_estimator(name, scoring, random), 0};
}

}  // namespace gtn
