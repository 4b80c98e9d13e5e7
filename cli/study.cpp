// gtn study: how well estimators rank architectures whose truth is known.
#include <cstdio>

#include "cli/study_run.h"
#include "cli/verbs.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/report/table.h"

namespace gtn {
namespace {

constexpr int64_t kKnown = 20;   // truths that the combination is fitted on
constexpr int64_t kDraws = 100;  // choices of them
const std::vector<std::string> kCombined{"teacher", "synflow", "naswot", "jacob_cov", "params", "flops"};

struct Shown {
  StudyTable table;
  StudyReport report;
  std::optional<CombinationResult> combination;
};

Shown read_table(const std::string& path) {
  Shown shown;
  shown.table = read_study_table(path);
  if (shown.table.genotypes.size() < 3)
    throw failure(path, "has the truth of " + std::to_string(shown.table.genotypes.size()) +
                            " architectures, too few to say anything; measure on by gtn study --resume");
  const Key key = Key(1).split("study");
  shown.report = analyse(shown.table, key);
  shown.combination = combine(shown.table, kCombined, kKnown, kDraws, key.split("combination"));
  return shown;
}

std::string speedup_text(const StudySpeedup& speedup) {
  const char* const bound = speedup.at_least ? "more than " : "";
  return std::string("real data needs ") + bound + fixed(speedup.steps, 1) + " times the steps and " + bound +
         fixed(speedup.seconds, 1) + " times the seconds for the teacher's rank correlation\n";
}

std::string study_text(const Shown& shown) {
  Table table{{"estimator", "steps", "with tuning", "seconds", "Spearman", "95 % interval", "Kendall", "top half",
               "regret at 5"},
              {}};
  for (const StudyRow& row : shown.report.rows)
    table.rows.push_back({row.name, std::to_string(row.fidelity), fixed(row.steps, 0), fixed(row.seconds, 2),
                          fixed(row.spearman, 3), fixed(row.low, 2) + " to " + fixed(row.high, 2),
                          fixed(row.kendall, 3), fixed(row.top_half, 3), fixed(row.regret_at_5, 2)});
  std::string text = std::to_string(shown.table.genotypes.size()) + " architectures of " + shown.table.space + " on " +
                     shown.table.dataset + ", truth: test accuracy after " + fixed(shown.table.truth_steps, 0) +
                     " steps on real data, " + fixed(shown.table.truth_seconds, 0) + " s each\n\n" +
                     format_table(table);
  if (shown.report.speedup) text += speedup_text(*shown.report.speedup);
  if (shown.combination)
    text += "combination of the estimators, fitted on " + std::to_string(kKnown) + " truths: Spearman " +
            fixed(shown.combination->spearman, 3) + " on the others (95 % of " + std::to_string(kDraws) +
            " choices: " + fixed(shown.combination->low, 2) + " to " + fixed(shown.combination->high, 2) + ")\n";
  return text;
}

Json study_json(const Shown& shown) {
  Json estimators = Json::array();
  for (const StudyRow& row : shown.report.rows)
    estimators.push_back({{"name", row.name},
                          {"steps", row.fidelity},
                          {"steps_with_tuning", row.steps},
                          {"seconds", row.seconds},
                          {"spearman", row.spearman},
                          {"spearman_low", row.low},
                          {"spearman_high", row.high},
                          {"kendall", row.kendall},
                          {"top_half_spearman", row.top_half},
                          {"regret_at_5", row.regret_at_5}});
  Json json{{"name", shown.table.space},
            {"dataset", shown.table.dataset},
            {"architectures", shown.table.genotypes.size()},
            {"truth_steps", shown.table.truth_steps},
            {"truth_seconds", shown.table.truth_seconds},
            {"estimators", estimators}};
  if (shown.combination)
    json["combination"] = {{"known", kKnown},
                           {"spearman", shown.combination->spearman},
                           {"spearman_low", shown.combination->low},
                           {"spearman_high", shown.combination->high}};
  if (const auto& speedup = shown.report.speedup) {
    json["speedup_steps"] = speedup->steps;
    json["speedup_seconds"] = speedup->seconds;
    json["speedup_bound"] = speedup->at_least ? "at_least" : "exact";
  }
  return json;
}

int show(const std::vector<std::string>& paths, bool as_json) {
  Json spaces = Json::array();
  for (const std::string& path : paths) {
    const Shown shown = read_table(path);
    if (as_json)
      spaces.push_back(study_json(shown));
    else
      std::printf("%s%s", path == paths.front() ? "" : "\n", study_text(shown).c_str());
  }
  if (as_json) std::printf("%s\n", Json{{"spaces", spaces}}.dump(1).c_str());
  return 0;
}

StudyConfig resolve(const StudyFlags& flags) {
  StudyConfig config;
  if (!flags.resume.empty()) {
    if (!flags.config.empty() || !flags.settings.empty() || !flags.out.empty() || !flags.teacher.empty())
      throw usage_error("--resume",
                        "goes on with the run's own teacher and configuration; leave out --teacher, "
                        "--config, --set and --out");
    const RunDirectory run = RunDirectory::view(flags.resume);
    read_toml(config, run.config_text(), run.config().string());
    return config;
  }
  if (flags.teacher.empty() || flags.out.empty())
    throw usage_error("gtn study",
                      "measures with --teacher and --out, goes on with --resume, and shows the tables or "
                      "runs that are named, as in gtn study results/study/*.json");
  if (!flags.config.empty()) load_toml(config, flags.config);
  apply_settings(config, flags.settings);
  return config;
}

int study_verb(const StudyFlags& flags) {
  if (!flags.tables.empty()) {
    if (!flags.teacher.empty() || !flags.out.empty() || !flags.resume.empty())
      throw usage_error("gtn study", "shows tables or measures one, not both");
    return show(flags.tables, flags.json);
  }
  StudyRun run(resolve(flags), flags);
  const std::string path = run.directory().path().string();
  if (!run.measure()) {
    std::fprintf(stderr, "stopped; go on with: gtn study --resume %s; what is there already: gtn study %s\n",
                 path.c_str(), path.c_str());
    return 130;
  }
  run.finish();
  return show({path}, flags.json);
}

}  // namespace

void add_study(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<StudyFlags>();
  CLI::App* verb = program.add_subcommand(
      "study", "How well estimators rank architectures that were trained on real data to the end");
  verb->add_option("tables", flags->tables, "tables (JSON) or folders of studies to show");
  verb->add_option("--teacher", flags->teacher, "measure a new study with this teacher: a run's folder or an artefact");
  verb->add_option("--config", flags->config, "TOML file; keys that it leaves out keep their defaults");
  verb->add_option("--set", flags->settings, "one key, as in --set architectures=50; may be repeated")
      ->take_all()
      ->expected(1);
  verb->add_option("--out", flags->out, "folder of the new study");
  verb->add_option("--resume", flags->resume, "go on with the study in this folder");
  verb->add_flag("--json", flags->json, "one JSON object instead of the tables");
  flags->machine.add_to(*verb);
  verb->footer(
      "Example:\n  gtn study results/study/fashion_convnet.json\n  gtn study --teacher runs/teacher --set "
      "space=nb201 --set architectures=50 --out runs/study\n\nKeys:\n" +
      describe<StudyConfig>());
  verb->callback([flags, &chosen] { chosen = [flags] { return study_verb(*flags); }; });
}

}  // namespace gtn
