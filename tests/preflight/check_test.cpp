#include <set>

#include "tests/preflight/planned.h"

namespace gtn {
namespace {

std::string lines_of(const std::vector<CheckResult>& results) {
  std::string text;
  for (const CheckResult& result : results)
    if (result.finding.verdict != Verdict::pass)
      text += std::string(result.name) + ": " + result.finding.figure + "; " + result.finding.advice + "\n";
  return text;
}

TEST(Preflight, every_check_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (const Check& check : all_checks()) EXPECT_TRUE(names.insert(check.name).second) << check.name;
}

TEST(Preflight, a_healthy_run_passes_everything) {
  PlannedRun run = healthy_run("lenet");
  std::vector<std::string_view> begun;
  const auto results = run_checks(run, Effort::minutes, [&](const Check& check) { begun.push_back(check.name); });
  EXPECT_EQ(lines_of(results), "");
  ASSERT_EQ(results.size(), all_checks().size());
  for (size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].name, all_checks()[i].name);
    EXPECT_EQ(begun[i], results[i].name);
    EXPECT_GE(results[i].seconds, 0);
  }
}

TEST(Preflight, the_instant_checks_are_some_of_them) {
  const auto results = run_checks(healthy_run(), Effort::instant);
  EXPECT_EQ(lines_of(results), "");
  EXPECT_EQ(results.size(), 4u);
}

// Each preset, by what looks into it; trainings of all of them would take too long here.
TEST(Preflight, presets_pass) {
  for (const Preset& preset : presets()) {
    const PlannedRun run = healthy_run(preset.name);
    for (const auto check :
         {check_initial_loss, check_loss_scale, check_inputs_used, check_parameters_used, check_images_apart,
          check_gradient, check_second_order, check_layer_scales, check_dead_units, check_update_ratio}) {
      const Finding finding = found(check, run);
      EXPECT_EQ(name_of(finding.verdict), "pass") << preset.name << ": " << finding.figure << "; " << finding.advice;
    }
  }
}

}  // namespace
}  // namespace gtn
