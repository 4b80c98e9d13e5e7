// gtn search: candidates of a space, scored after a short training; the best of them trained on real data.
#include <cstdio>

#include "cli/run_kind.h"
#include "cli/search_report.h"
#include "cli/verbs.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"

namespace gtn {
namespace {

// Beside the teacher's run, or in runs/ for a file.
std::string usual_search_of(const std::string& teacher) {
  namespace fs = std::filesystem;
  fs::path path = fs::path(teacher).lexically_normal();
  if (!path.has_filename() || path.filename() == "teacher.safetensors") path = path.parent_path();
  if (fs::is_directory(path)) return path.string() + "_search";
  return (fs::path("runs") / (path.stem().string() + "_search")).string();
}

// The configuration of a new search from file and flags, or of the run to go on with.
SearchConfig resolve(SearchFlags& flags) {
  SearchConfig config;
  if (!flags.resume.empty()) {
    if (!flags.config.empty() || !flags.settings.empty() || !flags.out.empty() || !flags.teacher.empty())
      throw usage_error(
          "--resume",
          "goes on with the run's own teacher and configuration; leave out TEACHER, --config, --set and --out");
    const RunDirectory run = view_run_of("search", flags.resume);
    read_toml(config, run.config_text(), run.config().string());
    check_unchanged(run, to_toml(config), {"candidates", "minutes", "final.best"});
    return config;
  }
  Faults faults("search");
  if (flags.teacher.empty())
    faults.add(
        std::string("needs a teacher: a run's folder or an artefact, such as pretrained/fashion_mnist.safetensors"));
  if (flags.retry) faults.add(std::string("--retry-failed goes with --resume"));
  faults.throw_if_any(ErrorKind::usage);
  if (flags.out.empty()) flags.out = usual_search_of(flags.teacher);
  RunDirectory::check_free(flags.out);
  if (!flags.config.empty()) load_toml(config, flags.config);
  apply_settings(config, flags.settings);
  return config;
}

std::string next_steps(const std::string& run) {
  return "next: gtn report " + shell_word(run) + ", gtn export " + shell_word(run) +
         " --format pytorch --out winner.py\n";
}

int search_verb(SearchFlags& flags) {
  const SearchConfig config = resolve(flags);
  SearchRun run(config, flags);
  const std::string path = run.directory().path().string();
  if (!run.explore() || !run.calibrate() || !run.train_finalists()) {
    std::fprintf(stderr, "stopped; go on with: gtn search --resume %s\n", path.c_str());
    return 130;
  }
  const SearchReport report = report_of(run);
  write_results(report, run);
  run.finish();
  if (flags.json)
    std::printf("%s\n", search_json(report, run).dump(1).c_str());
  else
    std::printf("%s\nall of it: %s/result.json, gtn trials list %s\n%s", search_text(report, run).c_str(), path.c_str(),
                path.c_str(), report.winner ? next_steps(path).c_str() : "");
  return report.ranking.trials.empty() ? 1 : 0;
}

}  // namespace

void add_search(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<SearchFlags>();
  CLI::App* verb = program.add_subcommand(
      "search", "Search architectures: score candidates by a few steps on a curriculum, train the best on real data");
  verb->add_option("teacher", flags->teacher, "a run's folder or its teacher.safetensors");
  verb->add_option("--config", flags->config, "TOML file; keys that it leaves out keep their defaults");
  verb->add_option("--set", flags->settings, "one key, as in --set candidates=40; may be repeated")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  verb->add_option("--out", flags->out, "folder of the new run (default: that of the teacher and _search)");
  verb->add_option("--resume", flags->resume,
                   "go on with the run in this folder, to the same trials as if never stopped");
  verb->add_flag("--retry-failed", flags->retry, "with --resume: trials that failed are tried again");
  verb->add_flag("--json", flags->json, "one JSON object instead of the tables");
  flags->machine.add_to(*verb);
  verb->footer(
      "Example:\n  gtn search pretrained/fashion_mnist.safetensors --set candidates=40 --set strategy.kind=evolution "
      "--out runs/search\n  gtn search --resume runs/search --retry-failed\n\nKeys:\n" +
      describe<SearchConfig>());
  verb->callback([flags, &chosen] { chosen = [flags] { return search_verb(*flags); }; });
}

}  // namespace gtn
