// gtn evaluate: fresh learners on the curriculum and on real data, side by side, as tables, a chart and JSON.
#include <algorithm>
#include <cstdio>

#include "cli/common.h"
#include "cli/evaluate_controls.h"
#include "cli/evaluate_learners.h"
#include "cli/evaluate_report.h"
#include "cli/run_config.h"
#include "cli/verbs.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/json.h"
#include "gtn/data/kmeans.h"
#include "gtn/nets/spec.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

struct EvaluateFlags {
  MachineFlags machine;
  std::string path;
  std::vector<std::string> learners{kTaught};
  int seeds = 5;
  int64_t seed = 1;
  bool json = false;
  bool matrix = false;
  std::string controls = "kmeans";
  std::string expert =
      "conv(32) norm(batch) relu maxpool(2) conv(64) norm(batch) relu maxpool(2) flatten linear(classes)";
  int64_t expert_steps = ExpertConfig{}.steps;
  double temperature = 1;
  bool speedup = false;
  int64_t speedup_cap = SpeedupConfig{}.cap;
  bool to_end = false;
  int64_t to_end_steps = ToEndConfig{}.steps;
  bool robustness = false;
  int64_t robustness_steps = RobustnessConfig{}.real_steps;
};

// Shows the trainings of one measurement as a line; measurements that go on after their total was reached get a longer
// one.
Progress progress_of(std::optional<ProgressLine>& line, const std::string& label) {
  return [&line, label, total = int64_t{0}](int64_t done, int64_t of) mutable {
    if (!line || of != total) line.emplace(label, done, of);
    total = of;
    line->update(done);
  };
}

// What every learner is measured on.
struct Subject {
  const Artefact& artefact;
  const Splits& splits;
  const Lesson& lesson;
  at::Device device;
  Key key;

  int64_t batch() const { return artefact.images.size(1); }
};

std::vector<Control> make_controls(const EvaluateFlags& flags, const Subject& subject) {
  std::vector<Control> controls;
  if (flags.controls == "none") return controls;
  controls.push_back(kmeans_control(subject.artefact, subject.splits, subject.key.split("kmeans"), subject.device));
  if (flags.controls != "all") return controls;
  const Artefact& a = subject.artefact;
  const Shape image{a.images.size(2), a.images.size(3), a.images.size(4)};
  const LearnerPtr expert = make_net(learner_text(flags.expert), image, a.labels.size(2));
  const ExpertConfig config{.steps = flags.expert_steps};
  std::optional<ProgressLine> line;
  controls.push_back(soft_control(controls.front(), *expert, subject.splits, config, flags.temperature,
                                  subject.key.split("experts"), subject.device, progress_of(line, "experts")));
  return controls;
}

// The curriculum's images as a plain set, and the real ones beside it.
std::vector<Control> to_end_sets(const std::vector<Control>& controls, const Subject& subject) {
  const Artefact& a = subject.artefact;
  const int64_t count = control_images(a, subject.splits.train);
  const Tensor images = a.images.flatten(0, 1).contiguous(kChannelsLast);
  const Tensor random = random_images(subject.splits.train, count, subject.key.split("random"));
  return {{"curriculum", {images.to(subject.device), a.labels.flatten(0, 1).contiguous().to(subject.device)}},
          {"random", chosen_set(subject.splits, random, subject.device)},
          controls.empty() ? kmeans_control(a, subject.splits, subject.key.split("kmeans"), subject.device)
                           : controls.front()};
}

EvaluationRow evaluate_row(const EvaluateFlags& flags, const Subject& subject, const std::string& name,
                           const std::vector<LearnerPtr>& learners, const std::vector<Control>& controls,
                           const std::vector<Control>& end_sets) {
  const auto start = std::chrono::steady_clock::now();
  const auto& [artefact, splits, lesson, device, key] = subject;
  std::optional<ProgressLine> line;
  EvaluationRow row{.learner = name, .text = name == kTaught ? artefact.learners : learners.front()->text()};
  const InnerOptimizer optimizer = lesson.schedule.optimizer;
  row.evaluation = evaluate(learners, lesson, subject.batch(), splits,
                            {.real_lr = step_sizes_for(optimizer, EvaluationConfig{}.real_lr)}, key, device,
                            progress_of(line, name), controls);
  if (flags.speedup)
    row.speedup = measure_speedup(learners, lesson, row.evaluation, subject.batch(), splits, {.cap = flags.speedup_cap},
                                  key, device, progress_of(line, name + ", speed-up"));
  const ToEndConfig to_end{
      .steps = flags.to_end_steps, .optimizer = optimizer, .lr = step_sizes_for(optimizer, ToEndConfig{}.lr)};
  for (const Control& set : end_sets)
    row.to_end.push_back({set.name, set.set.size(),
                          train_to_end(learners, set.set, splits, to_end, key, device,
                                       progress_of(line, name + ", to the end on " + set.name))});
  if (flags.robustness)
    row.robustness = measure_robustness(learners, lesson, row.evaluation, subject.batch(), splits,
                                        {.real_steps = flags.robustness_steps}, key, device,
                                        progress_of(line, name + ", robustness"));
  row.seconds = Seconds(std::chrono::steady_clock::now() - start).count();
  return row;
}

// `where` is what a fault names.
Schedule schedule_of(const Artefact& artefact, const std::string& where) {
  Schedule schedule{.sizes = {}, .optimizer = optimizer_named(artefact.optimizer, where)};
  for (int64_t t = 0; t < artefact.steps(); ++t)
    schedule.sizes.push_back({scalar(artefact.lr[t]), scalar(artefact.momentum[t])});
  return schedule;
}

void write_into_run(const fs::path& run, const Json& json, const CurvePlot& plot) {
  write_file_atomic(run / "evaluation.json", json.dump(1) + "\n");
  if (json.contains("matrix")) write_file_atomic(run / "matrix.json", json["matrix"].dump(1) + "\n");
  write_curves(run / "curves.svg", plot);
}

int evaluate_verb(const EvaluateFlags& flags) {
  const auto [artefact, run] = find_artefact(flags.path);
  RunConfig config;
  read_toml(config, artefact.config, flags.path + " (its configuration)");
  const at::Device device = flags.machine.apply();
  const Key key = Key(static_cast<uint64_t>(flags.seed)).split("evaluate");
  const auto candidates =
      candidates_of(flags.learners, flags.matrix, flags.seeds, config.meta.population, artefact, key.split("learners"));

  Splits splits = open_dataset(artefact.dataset, flags.machine.data_folders());
  if (splits.train.fingerprint != artefact.dataset_fingerprint)
    throw failure(artefact.dataset, "is not the data set that this teacher was learned on (fingerprint " +
                                        splits.train.fingerprint + ", not " + artefact.dataset_fingerprint +
                                        "); point --data at that one");
  splits.normalization = artefact.normalization;
  const StoredBatches curriculum = curriculum_of(artefact, device);
  const Lesson lesson{curriculum, schedule_of(artefact, flags.path)};
  const Subject subject{artefact, splits, lesson, device, key};

  EvaluationReport report{.rows = {}, .controls = {}, .seeds = flags.seeds};
  const std::vector<Control> controls = make_controls(flags, subject);
  for (const Control& control : controls) report.controls.push_back(control.name);
  const std::vector<Control> end_sets = flags.to_end ? to_end_sets(controls, subject) : std::vector<Control>{};
  for (const auto& [name, learners, fault] : candidates)
    report.rows.push_back(fault.empty() ? evaluate_row(flags, subject, name, learners, controls, end_sets)
                                        : EvaluationRow{.learner = name, .fault = fault});

  const Json json = report_json(report, artefact, flags.matrix);
  if (run) write_into_run(*run, json, report_plot(report, artefact));
  if (flags.json) {
    std::printf("%s\n", json.dump(1).c_str());
  } else {
    std::printf("%s", report_text(report, artefact).c_str());
    if (run) std::printf("curves: %s\n", (*run / "curves.svg").c_str());
  }
  return 0;
}

}  // namespace

void add_evaluate(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<EvaluateFlags>();
  CLI::App* verb = program.add_subcommand(
      "evaluate", "Teach fresh learners with an artefact, beside the same learners on real data");
  verb->add_option("artefact", flags->path, "a run's folder or its teacher.safetensors")->required();
  std::string presets_text;
  for (const Preset& preset : presets()) presets_text += ", " + preset.name;
  verb->add_option(
          "--learner", flags->learners,
          "a preset, a learner text, or a file that holds one (NAME.txt); may be repeated. Default: taught, the kinds "
          "that taught it. Presets: " +
              presets_text.substr(2))
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  verb->add_option("--seeds", flags->seeds, "fresh learners of each kind (default: 5)")->check(CLI::Range(1, 1000));
  verb->add_option("--seed", flags->seed, "everything random follows from it (default: 1)")
      ->check(CLI::NonNegativeNumber);
  verb->add_flag("--json", flags->json, "one JSON object instead of the tables");
  verb->add_flag("--matrix", flags->matrix, "every preset besides, as one table (in a run's folder: matrix.json)");
  verb->add_option("--controls", flags->controls,
                   "real images beside random ones, as many as the curriculum stores and for as many steps: kmeans "
                   "(default), chosen by k-means; all, these also with experts' soft labels; none")
      ->check(CLI::IsMember({"none", "kmeans", "all"}));
  verb->add_option("--expert", flags->expert, "the learner whose soft labels --controls all takes");
  verb->add_option("--expert-steps", flags->expert_steps, "steps of real data that make an expert (default: 1500)")
      ->check(CLI::PositiveNumber);
  verb->add_option("--temperature", flags->temperature, "of the experts' soft labels (default: 1)")
      ->check(CLI::PositiveNumber);
  verb->add_flag("--speedup", flags->speedup,
                 "how many steps real data needs for the same accuracy, with the best step size and schedule");
  verb->add_option("--speedup-cap", flags->speedup_cap,
                   "the longest training of --speedup, in units of the curriculum's steps (default: 64)")
      ->check(CLI::PositiveNumber);
  verb->add_flag("--to-end", flags->to_end,
                 "train to the end on the curriculum's images as a plain set, beside as many real ones");
  verb->add_option("--to-end-steps", flags->to_end_steps, "steps of --to-end (default: 1000)")
      ->check(CLI::PositiveNumber);
  verb->add_flag("--robustness", flags->robustness,
                 "accuracy under noise, blur and FGSM, beside normally trained networks");
  verb->add_option("--robustness-steps", flags->robustness_steps,
                   "steps of the normally trained networks (default: 500)")
      ->check(CLI::PositiveNumber);
  flags->machine.add_to(*verb);
  verb->footer(
      "Example:\n  gtn evaluate runs/quickstart --learner taught --learner mlp --learner lenet\n  gtn evaluate "
      "teacher.safetensors --learner 'conv(16) relu maxpool(2) flatten linear(classes)' --json\n  gtn "
      "evaluate runs/quickstart --matrix --speedup --seeds 3");
  verb->callback([flags, &chosen] { chosen = [flags] { return evaluate_verb(*flags); }; });
}

}  // namespace gtn
