// gtn evaluate: fresh learners on the curriculum and on real data, side by side, as tables, a chart and JSON.
#include <cstdio>

#include "cli/common.h"
#include "cli/evaluate_measure.h"
#include "cli/learner_file.h"
#include "cli/opened_teacher.h"
#include "cli/verbs.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/json.h"
#include "gtn/nets/spec.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

struct EvaluateFlags {
  MachineFlags machine;
  MeasureFlags measure;
  std::vector<std::string> paths;
  std::vector<std::string> learners{kTaught};
  int seeds = 5;
  int64_t seed = 1;
  bool json = false;
  bool matrix = false;
};

// An artefact, where it came from, and whom it will teach.
struct LoadedTeacher {
  std::string path;
  FoundArtefact found;
  std::vector<Candidate> candidates;
  AugmentConfig augment;
};

Key evaluation_key(const EvaluateFlags& flags) { return Key(static_cast<uint64_t>(flags.seed)).split("evaluate"); }

LoadedTeacher read_teacher(const EvaluateFlags& flags, const std::string& path) {
  FoundArtefact found = find_artefact(path);
  RunConfig config;
  read_toml(config, found.artefact.config, path + " (its configuration)");
  std::vector<Candidate> candidates = candidates_of(flags.learners, flags.matrix, flags.seeds, config.meta.population,
                                                    found.artefact, evaluation_key(flags).split("learners"));
  return {path, std::move(found), std::move(candidates), config.augment};
}

// Throws a usage error where the means of two teachers would not be of the same thing.
void check_alike(const LoadedTeacher& first, const LoadedTeacher& other) {
  const Artefact &a = first.found.artefact, &b = other.found.artefact;
  if (a.dataset_fingerprint == b.dataset_fingerprint && a.images.sizes() == b.images.sizes() &&
      a.learners == b.learners && a.optimizer == b.optimizer)
    return;
  throw usage_error(other.path, "is not a teacher of the same kind as " + first.path +
                                    " (data set, steps, batch, learners and optimiser); evaluate them one by one");
}

EvaluationReport measure_teacher(const EvaluateFlags& flags, const LoadedTeacher& teacher, Splits& splits,
                                 at::Device device) {
  const Artefact& artefact = teacher.found.artefact;
  splits.normalization = artefact.normalization;  // several teachers share the images
  const TaughtSource taught(artefact, teacher.augment, evaluation_key(flags).split("augment"), device);
  const Lesson lesson = lesson_of(artefact, taught, teacher.path);
  return measure(flags.measure, {artefact, splits, lesson, device, evaluation_key(flags)}, teacher.candidates,
                 flags.seeds);
}

void write_into_run(const fs::path& run, const Json& json, const CurvePlot& plot) {
  write_file_atomic(run / "evaluation.json", json.dump(1) + "\n");
  if (json.contains("matrix")) write_file_atomic(run / "matrix.json", json["matrix"].dump(1) + "\n");
  write_curves(run / "curves.svg", plot);
}

int evaluate_verb(const EvaluateFlags& flags) {
  const at::Device device = flags.machine.apply();
  std::vector<LoadedTeacher> teachers;
  for (const std::string& path : flags.paths) teachers.push_back(read_teacher(flags, path));
  for (const LoadedTeacher& teacher : teachers) check_alike(teachers.front(), teacher);
  Splits splits = open_splits(teachers.front().found.artefact, flags.machine);

  std::vector<EvaluationReport> reports;
  Json jsons = Json::array();
  const bool several = teachers.size() > 1;
  for (const LoadedTeacher& teacher : teachers) {
    const auto& [artefact, run] = teacher.found;
    const EvaluationReport& report = reports.emplace_back(measure_teacher(flags, teacher, splits, device));
    jsons.push_back(report_json(report, artefact, flags.matrix, Pictures::left_out));
    if (run)
      write_into_run(*run, report_json(report, artefact, flags.matrix, Pictures::embedded),
                     report_plot(report, artefact));
    if (flags.json) continue;
    std::printf("%s%s", several ? (teacher.path + ": ").c_str() : "", report_text(report, artefact).c_str());
    if (run)
      std::printf("curves: %s\nnext: gtn report %s\n", (*run / "curves.svg").c_str(),
                  shell_word(run->string()).c_str());
    if (several) std::printf("\n");
  }
  if (flags.json)
    std::printf(
        "%s\n",
        (several ? Json{{"teachers", jsons}, {"over_teachers", teachers_json(reports)}} : jsons[0]).dump(1).c_str());
  else if (several)
    std::printf("%s", teachers_text(reports).c_str());
  return 0;
}

}  // namespace

void add_evaluate(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<EvaluateFlags>();
  CLI::App* verb = program.add_subcommand(
      "evaluate", "Teach fresh learners with an artefact, beside the same learners on real data");
  verb->add_option("artefact", flags->paths,
                   "a run's folder or its teacher.safetensors; of several teachers of one kind (seeds of a "
                   "configuration) the mean and deviation over them as well")
      ->required();
  std::string presets_text;
  for (const Preset& preset : presets()) presets_text += ", " + preset.name;
  verb->add_option("--learner", flags->learners,
                   "a preset, a learner text, or @FILE that holds one; may be repeated. Default: taught, the kinds "
                   "that taught it. Presets: " +
                       presets_text.substr(2))
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  verb->add_option("--seeds", flags->seeds, "fresh learners of each kind (default: 5)")->check(whole_number(1, 1000));
  verb->add_option("--seed", flags->seed, "everything random follows from it (default: 1)")->check(whole_number());
  verb->add_flag("--json", flags->json, "one JSON object instead of the tables");
  verb->add_flag("--matrix", flags->matrix, "every preset besides, as one table (in a run's folder: matrix.json)");
  flags->measure.add_to(*verb);
  flags->machine.add_to(*verb);
  verb->footer(
      std::string(kLearnerHelp) +
      "\n\nExample:\n  gtn evaluate runs/quickstart --learner taught --learner mlp --learner lenet\n  gtn evaluate "
      "teacher.safetensors --learner 'conv(16) relu maxpool(2) flatten linear(classes)' --json\n  gtn "
      "evaluate runs/quickstart --matrix --speedup --seeds 3\n  gtn evaluate runs/seed1 runs/seed2 runs/seed3");
  verb->callback([flags, &chosen] { chosen = [flags] { return evaluate_verb(*flags); }; });
}

}  // namespace gtn
