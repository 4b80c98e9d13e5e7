// gtn evaluate: fresh learners on the curriculum and on real data, side by side, as a table, a chart and JSON.
#include <cstdio>

#include "cli/common.h"
#include "cli/run_config.h"
#include "cli/verbs.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/json.h"
#include "gtn/nets/spec.h"
#include "gtn/report/curves.h"
#include "gtn/report/table.h"
#include "gtn/unroll/evaluation.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
constexpr const char* kTaught = "taught";

struct EvaluateFlags {
  MachineFlags machine;
  std::string path;
  std::vector<std::string> learners{kTaught};
  int seeds = 5;
  int64_t seed = 1;
  bool json = false;
};

struct Row {
  std::string learner;
  std::string text;  // of a single architecture; empty where each seed drew another
  Evaluation evaluation;
  double seconds = 0;
};

// The text that `argument` stands for: a file's content, or itself.
std::string learner_text(const std::string& argument) {
  const bool is_file = argument.find('/') != std::string::npos || argument.ends_with(".txt");
  return is_file ? read_file(argument, 64 << 10) : argument;
}

// One learner a seed: the named one, or what taught the teacher: its fixed learners in turn, or fresh draws.
std::vector<LearnerPtr> learners_of(const std::string& name, const PopulationConfig& population, const Shape& image,
                                    int64_t classes, int seeds, const Key& key) {
  std::vector<std::string> texts = population.fixed;
  if (name != kTaught) texts = {learner_text(name)};
  const auto count = static_cast<size_t>(seeds);
  if (texts.empty())
    for (uint64_t i = 0; i < count; ++i) texts.push_back(sample_learner(population, key.split(i)));
  std::vector<LearnerPtr> distinct, learners;
  for (const std::string& text : texts) distinct.push_back(make_net(text, image, classes));
  for (size_t i = 0; i < count; ++i) learners.push_back(distinct[i % distinct.size()]);
  return learners;
}

Json curve_json(const AccuracyCurve& curve) {
  return {{"mean", curve.mean},
          {"std", curve.std},
          {"curve", curve.curve},
          {"curve_std", curve.curve_std},
          {"finals", curve.finals}};
}

Json row_json(const Row& row, const Artefact& artefact, const EvaluateFlags& flags) {
  const Evaluation& e = row.evaluation;
  Json synthetic = curve_json(e.synthetic), real = curve_json(e.real);
  synthetic["multipliers"] = e.multipliers;
  real["lr"] = e.real_lr.front();
  real["lrs"] = e.real_lr;
  real["momenta"] = e.real_momentum;
  return {{"steps", artefact.steps()},
          {"batch", artefact.images.size(1)},
          {"learner", row.learner},
          {"learner_text", row.text},
          {"seeds", flags.seeds},
          {"synthetic", synthetic},
          {"synthetic_plain", curve_json(e.plain)},
          {"real", real},
          {"dataset", artefact.dataset},
          {"curve_images", EvaluationConfig{}.curve_images},
          {"seconds", row.seconds}};
}

std::string plus_minus(const AccuracyCurve& curve) { return fixed(curve.mean, 1) + " ± " + fixed(curve.std, 1); }

std::string chosen_text(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  std::string text = number_text(*low);
  return *low == *high ? text : text.append(" - ").append(number_text(*high));
}

void print_table(const std::vector<Row>& rows, const Artefact& artefact, const EvaluateFlags& flags) {
  Table table{{"learner", "curriculum", "its own step sizes", "real data", "gain", "multiplier", "real lr", "time"},
              {}};
  for (const Row& row : rows) {
    const Evaluation& e = row.evaluation;
    table.rows.push_back({row.learner, plus_minus(e.synthetic), plus_minus(e.plain), plus_minus(e.real),
                          fixed(e.synthetic.mean - e.real.mean, 1), chosen_text(e.multipliers), chosen_text(e.real_lr),
                          format_duration(Seconds(row.seconds))});
  }
  std::printf("%s, test accuracy in %% after %lld steps of %lld images, mean ± deviation of %d fresh learners\n\n%s\n",
              artefact.dataset.c_str(), static_cast<long long>(artefact.steps()),
              static_cast<long long>(artefact.images.size(1)), flags.seeds, format_table(table).c_str());
  std::printf(
      "curriculum: step sizes times one multiplier a learner; real data: best step size of a grid; both chosen on "
      "validation\n");
}

CurvePlot plot_of(const Row& row, const Artefact& artefact, const EvaluateFlags& flags) {
  const Evaluation& e = row.evaluation;
  return {.title = artefact.dataset + ": fresh networks (" + row.learner + ") on the curriculum and on real data",
          .subtitle = "test accuracy, mean and deviation of " + std::to_string(flags.seeds) + " seeds, batches of " +
                      std::to_string(artefact.images.size(1)) + " images",
          .curves = {{"learned curriculum", e.synthetic.curve, e.synthetic.curve_std},
                     {"real data, best step size", e.real.curve, e.real.curve_std}}};
}

void write_into_run(const fs::path& run, const Json& json, const CurvePlot& plot) {
  write_file_atomic(run / "evaluation.json", json.dump(1) + "\n");
  write_curves(run / "curves.svg", plot);
}

int evaluate_verb(const EvaluateFlags& flags) {
  const auto [artefact, run] = find_artefact(flags.path);
  RunConfig config;
  read_toml(config, artefact.config, flags.path + " (its configuration)");
  const at::Device device = flags.machine.apply();
  const Shape image{artefact.images.size(2), artefact.images.size(3), artefact.images.size(4)};
  const Key key = Key(static_cast<uint64_t>(flags.seed)).split("evaluate");
  std::vector<std::vector<LearnerPtr>> learners;  // all made before the first is trained: a fault shows at once
  for (const std::string& name : flags.learners)
    learners.push_back(
        learners_of(name, config.meta.population, image, artefact.labels.size(2), flags.seeds, key.split("learners")));

  Splits splits = open_dataset(artefact.dataset, flags.machine.data_folders());
  if (splits.train.fingerprint != artefact.dataset_fingerprint)
    throw failure(artefact.dataset, "is not the data set that this teacher was learned on (fingerprint " +
                                        splits.train.fingerprint + ", not " + artefact.dataset_fingerprint +
                                        "); point --data at that one");
  splits.normalization = artefact.normalization;
  const StoredBatches curriculum = curriculum_of(artefact, device);
  Schedule schedule{.sizes = {}, .optimizer = optimizer_named(artefact.optimizer, flags.path)};
  for (int64_t t = 0; t < artefact.steps(); ++t)
    schedule.sizes.push_back({scalar(artefact.lr[t]), scalar(artefact.momentum[t])});
  const AugmentedSource taught(curriculum, config.augment.of_synthetic(), key.split("augment"));
  const Lesson lesson{taught, schedule};

  std::vector<Row> rows;
  for (size_t i = 0; i < learners.size(); ++i) {
    const auto start = std::chrono::steady_clock::now();
    std::optional<ProgressLine> line;
    const auto progress = [&](int64_t done, int64_t total) {
      if (!line) line.emplace(flags.learners[i], 0, total);
      line->update(done);
    };
    Evaluation evaluation = evaluate(learners[i], lesson, artefact.images.size(1), splits, {}, key, device, progress);
    rows.push_back({flags.learners[i], flags.learners[i] == kTaught ? artefact.learners : learners[i].front()->text(),
                    std::move(evaluation), Seconds(std::chrono::steady_clock::now() - start).count()});
  }

  Json json = row_json(rows.front(), artefact, flags);
  if (rows.size() > 1) {
    json["learners"] = Json::array();
    for (const Row& row : rows) json["learners"].push_back(row_json(row, artefact, flags));
  }
  if (run) write_into_run(*run, json, plot_of(rows.front(), artefact, flags));
  if (flags.json) {
    std::printf("%s\n", json.dump(1).c_str());
  } else {
    print_table(rows, artefact, flags);
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
      ->expected(1);
  verb->add_option("--seeds", flags->seeds, "fresh learners of each kind (default: 5)")->check(CLI::Range(1, 1000));
  verb->add_option("--seed", flags->seed, "everything random follows from it (default: 1)")
      ->check(CLI::NonNegativeNumber);
  verb->add_flag("--json", flags->json, "one JSON object instead of the table");
  flags->machine.add_to(*verb);
  verb->footer(
      "Example:\n  gtn evaluate runs/quickstart --learner taught --learner mlp --learner lenet\n  gtn evaluate "
      "teacher.safetensors --learner 'conv(16) relu maxpool(2) flatten linear(classes)' --json");
  verb->callback([flags, &chosen] { chosen = [flags] { return evaluate_verb(*flags); }; });
}

}  // namespace gtn
