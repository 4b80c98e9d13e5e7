// gtn preflight: what is worth knowing of data, learner and plan before the hours are spent.
#include <algorithm>
#include <cstdio>

#include "cli/common.h"
#include "cli/learner_file.h"
#include "cli/planned_run.h"
#include "cli/run_data.h"
#include "cli/usual_run.h"
#include "cli/verbs.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/core/json.h"
#include "gtn/report/table.h"

namespace gtn {
namespace {

struct PreflightFlags {
  MachineFlags machine;
  std::string path, config, learner;
  std::vector<std::string> settings;
  int64_t steps = 200;
  bool instant = false;
  bool json = false;
};

RunConfig planned(const PreflightFlags& flags) {
  if (flags.path.empty() && flags.config.empty())
    throw usage_error("preflight",
                      "give the data to look at, such as mnist or a folder, or --config with a planned run");
  RunConfig config = flags.config.empty() ? usual_run() : RunConfig{};
  if (!flags.config.empty()) load_toml(config, flags.config);
  apply_settings(config, flags.settings);
  if (!flags.path.empty()) config.dataset = flags.path;
  return config;
}

int64_t count_verdicts(const std::vector<CheckResult>& results, Verdict verdict) {
  return std::ranges::count_if(results, [&](const CheckResult& r) { return r.finding.verdict == verdict; });
}

Json check_json(const CheckResult& result) {
  return {{"name", result.name},
          {"verdict", name_of(result.finding.verdict)},
          {"value", result.finding.value},
          {"figure", result.finding.figure},
          {"advice", result.finding.advice},
          {"seconds", result.seconds}};
}

void print_check_json(const RunConfig& config, const PlannedRun& run, const std::vector<CheckResult>& results) {
  Json json{{"dataset", config.dataset},
            {"learner", run.learner->text()},
            {"passed", count_verdicts(results, Verdict::pass)},
            {"warned", count_verdicts(results, Verdict::warn)},
            {"failed", count_verdicts(results, Verdict::fail)}};
  for (const CheckResult& result : results) json["checks"].push_back(check_json(result));
  std::printf("%s\n", json.dump(1, ' ', false, Json::error_handler_t::replace).c_str());
}

void print_check_table(const PlannedRun& run, const std::vector<CheckResult>& results) {
  Table table{{"check", "", "figure"}, {}};
  std::string advice;
  double seconds = 0;
  for (const CheckResult& result : results) {
    const std::string name(result.name);
    table.rows.push_back({name, std::string(name_of(result.finding.verdict)), result.finding.figure});
    if (!result.finding.advice.empty()) advice += "- " + name + ": " + result.finding.advice + "\n";
    seconds += result.seconds;
  }
  std::printf("learner: %s\n\n%s", run.learner->text().c_str(), format_table(table).c_str());
  if (!advice.empty()) std::printf("\nwhat to do:\n%s", advice.c_str());
  std::printf("\n%lld passed, %lld to look at, %lld failed in %.1f s\n",
              static_cast<long long>(count_verdicts(results, Verdict::pass)),
              static_cast<long long>(count_verdicts(results, Verdict::warn)),
              static_cast<long long>(count_verdicts(results, Verdict::fail)), seconds);
}

int preflight_verb(const PreflightFlags& flags) {
  RunConfig config = planned(flags);
  const std::vector<LearnerText> files = settle_learners(config);
  const at::Device device = flags.machine.apply();
  OpenedDataset opened = open_run_data(config, flags.machine.data_folders());
  if (!flags.json) {
    std::printf("data: %s\n", config.dataset.c_str());
    print_remarks(opened);
  }
  Splits& splits = opened.splits;
  suit_table(config, splits);
  check_learners(config, files, image_of(splits), splits.train.classes());
  measure_units(config, splits);
  if (flags.config.empty() && !flags.instant && !sets_iterations(flags.settings))
    fit_iterations(config, splits, kUsualMinutes, device);
  PlannedRun run = planned_run(config, splits, flags.learner, device);
  run.steps = flags.steps;
  ProgressLine progress("preflight", 0, static_cast<int64_t>(all_checks().size()));
  int64_t done = 0;
  const std::vector<CheckResult> results =
      run_checks(run, flags.instant ? Effort::seconds : Effort::minutes,
                 [&](const Check& check) { progress.update(done++, std::string(check.name)); });
  if (flags.json)
    print_check_json(config, run, results);
  else
    print_check_table(run, results);
  return count_verdicts(results, Verdict::fail) == 0 ? 0 : 1;
}

}  // namespace

void add_preflight(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<PreflightFlags>();
  CLI::App* verb = program.add_subcommand("preflight", "Check data, learner and plan in minutes, before the hours");
  verb->add_option("data", flags->path, "data set or folder (default: that of --config)");
  verb->add_option("--config", flags->config, "TOML file of the planned run, as gtn train takes it");
  verb->add_option("--set", flags->settings, "one key of it, as in --set teacher.lr=0.1; may be repeated")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  verb->add_option("--learner", flags->learner,
                   "a preset, a learner text or @FILE with one (default: a wide one of the run's population)");
  verb->add_option("--steps", flags->steps, "of each training on real data that a check makes (default: 200)")
      ->check(whole_number(1, 1'000'000));
  verb->add_flag("--instant", flags->instant,
                 "only the checks that take no training, as gtn train makes them itself of data of your own");
  verb->add_flag("--json", flags->json, "one JSON object");
  flags->machine.add_to(*verb);
  verb->footer(
      "The exit code is 0 where nothing fails and 1 where something does.\n\nExample:\n  gtn preflight --config "
      "configs/quickstart.toml\n  gtn preflight my_images --learner 'conv(16) relu maxpool(2) flatten "
      "linear(classes)'");
  verb->callback([flags, &chosen] { chosen = [flags] { return preflight_verb(*flags); }; });
}

}  // namespace gtn
