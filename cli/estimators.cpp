#include "cli/estimators.h"

#include "cli/evaluate_controls.h"
#include "gtn/core/error.h"
#include "gtn/core/nearest.h"
#include "gtn/search/proxies.h"

namespace gtn {
namespace {

const std::vector<std::string> kNames{"teacher", "warm_start", "real",      "real_schedule", "kmeans", "synflow",
                                      "naswot",  "jacob_cov",  "grad_norm", "params",        "flops"};

// Of warm_start: as many on real data as on the curriculum before them, unless so many in all are asked for.
int64_t warm_start_steps(int64_t taught, int64_t asked) {
  if (asked > 0 && asked <= taught)
    throw usage_error("estimate.steps", std::to_string(asked) + " leaves warm_start no step on real data after the " +
                                            std::to_string(taught) +
                                            " of the curriculum; ask for more, or for 0: twice as many");
  return asked > 0 ? asked : 2 * taught;
}

}  // namespace

EstimatorInFull estimator_named(const std::string& name, const std::string& key, const Scoring& scoring, int64_t asked,
                                const TrainingEstimatorConfig& config, const Key& random) {
  const auto batch = [&] { return scoring.proxy_batch(random); };
  if (name == "teacher") return {scoring.teacher_estimator(config), scoring.scored_steps(asked)};
  if (name == "real_schedule") return {scoring.real_schedule_estimator(config), scoring.scored_steps(asked)};
  const int64_t steps = asked > 0 ? asked : scoring.artefact().steps();
  if (name == "warm_start") {
    const int64_t total = warm_start_steps(scoring.artefact().steps(), asked);
    return {scoring.warm_start_estimator(total, config), total};
  }
  if (name == "real") return {scoring.real_estimator(steps, config), steps};
  if (name == "kmeans") {
    const Splits& splits = scoring.splits();
    const int64_t count = std::min(scoring.artefact().image_count(), balanced_images(splits.train));
    ImageSet chosen = kmeans_control(name, count, splits, random.split(name), scoring.device()).variants.front();
    return {scoring.set_estimator(name, std::move(chosen), steps, config), steps};
  }
  if (name == "synflow") return {synflow_estimator()};
  if (name == "naswot") return {naswot_estimator(batch())};
  if (name == "jacob_cov") return {jacob_cov_estimator(batch())};
  if (name == "grad_norm") return {gradient_norm_estimator(batch())};
  if (name == "params") return {parameter_count_estimator()};
  if (name == "flops") return {multiply_adds_estimator()};
  std::string known;
  for (const std::string& other : kNames) known += (known.empty() ? "" : ", ") + other;
  throw usage_error(key, "'" + name + "' is not one of " + known + hint(name, kNames));
}

}  // namespace gtn
