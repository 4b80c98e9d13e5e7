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

// Every preset, by every check; the planned steps suit each of them.
class HealthyPreset : public testing::TestWithParam<std::string> {};

TEST_P(HealthyPreset, passes) {
  const std::string& name = GetParam();
  constexpr int64_t kPooledRows = 16;  // of fewer rows the pools leave one, of which the mean is itself
  PlannedRun run = name.ends_with("_gap") ? healthy_run(name, kPooledRows) : healthy_run(name);
  run.batch = 16;
  run.steps = 15;
  if (name == "base_fc_gap") run.step.lr = 0.1;
  EXPECT_EQ(lines_of(run_checks(run, Effort::minutes)), "");
}

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const Preset& preset : presets()) names.push_back(preset.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Preflight, HealthyPreset, testing::ValuesIn(preset_names()),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace gtn
