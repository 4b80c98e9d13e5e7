#include "gtn/preflight/check.h"

#include <array>
#include <chrono>

#include "gtn/preflight/checks.h"

namespace gtn {
namespace {

constexpr auto kChecks = std::to_array<Check>({
    {"labels", Effort::instant, check_labels},
    {"class balance", Effort::instant, check_balance},
    {"constant images", Effort::instant, check_constant_images},
    {"duplicates", Effort::seconds, check_duplicates},
    {"leaks between splits", Effort::seconds, check_leaks},
    {"normalisation", Effort::seconds, check_normalization},
    {"initial loss", Effort::instant, check_initial_loss},
    {"loss scale", Effort::minutes, check_loss_scale},
    {"inputs used", Effort::minutes, check_inputs_used},
    {"parameters used", Effort::minutes, check_parameters_used},
    {"images apart", Effort::minutes, check_images_apart},
    {"gradient", Effort::minutes, check_gradient},
    {"second order", Effort::minutes, check_second_order},
    {"layer scales", Effort::minutes, check_layer_scales},
    {"dead units", Effort::minutes, check_dead_units},
    {"update ratio", Effort::minutes, check_update_ratio},
    {"step size", Effort::minutes, check_step_size},
    {"one image", Effort::minutes, check_one_image},
    {"one batch", Effort::minutes, check_one_batch},
    {"simple models", Effort::minutes, check_simple_models},
    {"shuffled labels", Effort::minutes, check_shuffled_labels},
    {"time and memory", Effort::minutes, check_forecast},
});

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::warn:
      return "warn";
    case Verdict::fail:
      break;
  }
  return "fail";
}

std::span<const Check> all_checks() { return kChecks; }

std::vector<CheckResult> run_checks(const PlannedRun& run, Effort dearest,
                                    const std::function<void(const Check&)>& before) {
  std::vector<CheckResult> results;
  for (const Check& check : kChecks) {
    if (check.cost > dearest) continue;
    if (before) before(check);
    const auto start = std::chrono::steady_clock::now();
    Finding finding = check.run(run);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    results.push_back({check.name, std::move(finding), taken.count()});
    if (check.run == check_labels && results.back().finding.verdict == Verdict::fail) break;
  }
  return results;
}

}  // namespace gtn
