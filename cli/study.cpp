// gtn study: how well estimators rank architectures whose truth is known.
#include <cstdio>

#include "cli/run_kind.h"
#include "cli/study_report.h"
#include "cli/study_run.h"
#include "cli/verbs.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"

namespace gtn {
namespace {

int show(const std::vector<std::string>& paths, bool as_json) {
  Json spaces = Json::array();
  for (const std::string& path : paths) {
    const StudyFindings findings = read_findings(path);
    if (as_json)
      spaces.push_back(study_json(findings));
    else
      std::printf("%s%s", path == paths.front() ? "" : "\n", study_text(findings).c_str());
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
    const RunDirectory run = view_run_of("study", flags.resume);
    read_toml(config, run.config_text(), run.config().string());
    check_unchanged(run, to_toml(config), {});
    return config;
  }
  if (flags.retry) throw usage_error("--retry-failed", "goes with --resume");
  if (!flags.teacher.empty() && flags.out.empty()) throw usage_error("--out", "is needed: the folder of the new study");
  if (flags.teacher.empty())
    throw usage_error("study",
                      "measures with --teacher and --out, goes on with --resume, and shows the tables or "
                      "runs that are named, as in gtn study results/study/*.json");
  RunDirectory::check_free(flags.out);
  if (!flags.config.empty()) load_toml(config, flags.config);
  apply_settings(config, flags.settings);
  return config;
}

int study_verb(const StudyFlags& flags) {
  if (!flags.tables.empty()) {
    if (!flags.teacher.empty() || !flags.out.empty() || !flags.resume.empty())
      throw usage_error("study", "shows tables or measures one, not both");
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
  show({path}, flags.json);
  if (!flags.json) std::printf("\nits table and picture: %s/table.json, %s/ranking.svg\n", path.c_str(), path.c_str());
  return 0;
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
  verb->add_flag("--retry-failed", flags->retry, "with --resume: trials that failed are tried again");
  verb->add_flag("--json", flags->json, "one JSON object instead of the tables");
  flags->machine.add_to(*verb);
  verb->footer(
      "Example:\n  gtn study results/study/fashion_convnet.json\n  gtn study --teacher runs/teacher --set "
      "space=nb201 --set architectures=50 --out runs/study\n\nKeys:\n" +
      describe<StudyConfig>());
  verb->callback([flags, &chosen] { chosen = [flags] { return study_verb(*flags); }; });
}

}  // namespace gtn
