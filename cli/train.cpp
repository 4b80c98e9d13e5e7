// gtn train: the loop around MetaTrainer::step(), with progress, checkpoints, validation and the artefact at the end.
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <numeric>
#include <optional>

#include "cli/common.h"
#include "cli/run_config.h"
#include "cli/train_experts.h"
#include "cli/verbs.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/json.h"
#include "gtn/data/real_source.h"
#include "gtn/nets/linear.h"
#include "gtn/nets/spec.h"
#include "gtn/report/png.h"
#include "gtn/report/sheet.h"
#include "gtn/runs/interrupt.h"
#include "gtn/runs/metrics.h"
#include "gtn/runs/run_directory.h"
#include "gtn/teacher/memory_forecast.h"
#include "gtn/unroll/evaluation.h"
#include "gtn/unroll/for_learners.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kCheckpointEvery{30};

struct TrainFlags {
  MachineFlags machine;
  std::string config, out, resume;
  std::vector<std::string> settings;
  std::optional<int64_t> seed;
  std::optional<int64_t> memory;  // MiB
  std::string precision;

  int64_t memory_bytes() const { return memory ? *memory << 20 : available_memory() / 2; }
};

int64_t mebibytes(int64_t bytes) { return (bytes + (1 << 19)) >> 20; }

// What the run will need. Refuses one that the machine has no memory for, unless the person has set a limit himself.
MemoryForecast forecast_run(const RunConfig& config, const TrainFlags& flags, const Shape& image, int64_t classes) {
  const int64_t judged = config.validation.every > 0 ? std::min(config.validation.images, kImagesAtOnce) : 0;
  const MemoryForecast forecast = forecast_memory(config.meta, image, classes, flags.memory_bytes(), judged);
  const int64_t free = available_memory(), needed = mebibytes(forecast.least());
  if (flags.memory || free == 0 || forecast.least() <= free) return forecast;
  const TeacherConfig& teacher = config.meta.teacher;
  throw failure("memory",
                "this run needs about " + std::to_string(needed) + " MiB, and " + std::to_string(mebibytes(free)) +
                    " MiB are free; lower teacher.batch (" + std::to_string(teacher.batch) + "), teacher.steps (" +
                    std::to_string(teacher.steps) + ") or real_batch (" + std::to_string(config.meta.real_batch) +
                    "), set unroll.window, take narrower learners, or insist with --memory " + std::to_string(needed));
}

// Of the data's images: [C, H, W].
Shape image_of(const Splits& splits) {
  const Shape shape = shape_of(splits.train.images);
  return {shape[1], shape[2], shape[3]};
}

// The data in the units that the configuration asks for.
Splits open_splits(const RunConfig& config, const TrainFlags& flags) {
  Splits splits = open_dataset(config.dataset, flags.machine.data_folders());
  check_fits(config.augment, splits.train.images.size(2), splits.train.images.size(3));
  if (config.experts.training.count > 0) expert_learner(config, image_of(splits), splits.train.classes());
  if (config.preprocessing == Preprocessing::zca) splits.normalization = measure_zca(splits.train.images);
  return splits;
}

// The parameters of an artefact's teacher. A compact file has none: what its batches and step sizes are gives those of
// a teacher of pixels.
std::vector<NamedTensor> teacher_parameters(const Artefact& artefact) {
  std::vector<NamedTensor> kept;
  for (const auto& [name, tensor] : artefact.teacher) kept.push_back({name, tensor});
  if (!kept.empty()) return kept;
  constexpr double kLeast = 1e-6;  // of what has a logarithm
  const auto log = [](const Tensor& t) { return at::clamp_min(t, kLeast).log(); };
  return {{"curriculum.pixels", artefact.images},
          {"curriculum.label_logits", log(artefact.labels)},
          {"curriculum.log_lr", log(artefact.lr)},
          {"curriculum.log_momentum", log(artefact.momentum)}};
}

// What the teacher starts from; nothing where it starts anew or the run has got further already.
std::vector<NamedTensor> read_start(const RunConfig& config, const TrainFlags& flags, const Splits& splits) {
  if (config.start.empty()) return {};
  if (!flags.resume.empty() && fs::exists(RunDirectory::view(flags.resume).checkpoint())) return {};
  const Artefact other = find_artefact(config.start).artefact;
  if (other.dataset_fingerprint != splits.train.fingerprint ||
      other.normalization.whitening.defined() != splits.normalization.whitening.defined())
    throw usage_error("start", config.start + " was learned on other data or with another preprocessing");
  return teacher_parameters(other);
}

// A training run: the trainer, its data and its folder.
class TrainingRun {
 public:
  // Everything is checked before the folder is made: a refused request leaves nothing behind.
  TrainingRun(const RunConfig& config, const TrainFlags& flags)
      : config_(config),
        device_(flags.machine.apply()),
        splits_(open_splits(config, flags)),
        key_(static_cast<uint64_t>(config.seed)),
        real_(judging_images(), splits_.normalization, config.meta.real_batch, key_.split("real"),
              Sampling::with_replacement, device_),
        examples_(examples()),
        augmented_(real_, config.augment, key_.split("augment")),
        start_(read_start(config, flags, splits_)),
        forecast_(forecast_run(config, flags, image_shape(), splits_.train.classes())),
        trainer_(make_trainer()),
        directory_(flags.resume.empty() ? RunDirectory::create(flags.out, to_toml(config))
                                        : RunDirectory::open(flags.resume)),
        log_(directory_.metrics()) {}

  // What comes before the first meta-iteration: experts where they are asked for, and what a run that is gone on with
  // has done.
  void begin(bool resumed) {
    if (config_.experts.training.count > 0) ask_experts();
    if (!start_.empty()) checkpoint();  // the run does not depend on that file any more
    if (resumed) restore();
  }

  // Returns false where a person interrupted.
  bool loop() {
    const InterruptGuard interrupt;
    ProgressLine progress("training", trainer_->iteration(), config_.meta.outer.iterations);
    Clock::time_point saved = Clock::now();
    double smooth = std::nan("");
    while (!trainer_->done() && !interrupt.requested()) {
      const MetaStep step = trainer_->step();
      smooth = std::isnan(smooth) ? step.loss : 0.95 * smooth + 0.05 * step.loss;
      record(step);
      char note[64];
      std::snprintf(note, sizeof note, "loss %.3f%s", smooth, validated_.c_str());
      progress.update(trainer_->iteration(), note);
      if (Clock::now() - saved < kCheckpointEvery) continue;
      checkpoint();
      saved = Clock::now();
    }
    checkpoint();
    return trainer_->done();
  }

  void finish() {
    const Artefact artefact = materialise();
    save_artefact(directory_.teacher(), artefact);
    draw_sheet_of(artefact);
    directory_.mark_done();
  }

  const RunDirectory& directory() const { return directory_; }
  const MetaTrainer& trainer() const { return *trainer_; }
  const MemoryForecast& forecast() const { return forecast_; }
  Shape image_shape() const { return image_of(splits_); }

 private:
  // The training images whose labels may be looked at.
  Dataset judging_images() const {
    Dataset judging = splits_.train;
    const int64_t count = config_.labelled;
    if (count == 0) return judging;
    if (count > judging.size())
      throw usage_error("labelled", std::to_string(count) + " is more than the " + std::to_string(judging.size()) +
                                        " training images");
    judging.images = judging.images.narrow(0, 0, count);
    judging.labels = judging.labels.narrow(0, 0, count);
    return judging;
  }

  // Real images for the teacher and for learners that are warmed up, where it needs any: of the labelled ones; of all,
  // whatever their class, where it labels them itself.
  std::optional<RealSource> examples() const {
    const TeacherConfig& teacher = config_.meta.teacher;
    if (teacher.images == Images::generator && teacher.reconstruction == 0 && config_.meta.unroll.warm_up == 0)
      return std::nullopt;
    const bool unlabelled = teacher.labels == Labels::semi;
    return RealSource(unlabelled ? splits_.train : judging_images(), splits_.normalization, teacher.batch,
                      key_.split("examples"), unlabelled ? Sampling::with_replacement : Sampling::balanced, device_);
  }

  std::unique_ptr<MetaTrainer> make_trainer() const {
    auto trainer = std::make_unique<MetaTrainer>(config_.meta, image_shape(), splits_.train.classes(), augmented_,
                                                 key_.split("trainer"), device_, forecast_.record_room,
                                                 examples_ ? &*examples_ : nullptr, config_.augment.of_synthetic());
    if (!start_.empty()) trainer->start_from(start_, config_.start);
    return trainer;
  }

  // Labels of real images become mixtures with the experts' answers. The teacher is made anew: it may start from them.
  void ask_experts() {
    const Dataset images = judging_images();
    const Tensor soft = expert_labels(config_, splits_, images, key_.split("experts"), device_, directory_);
    const Tensor targets = mixed_targets(images, soft, config_.experts.weight);
    real_.set_targets(targets);
    if (examples_ && config_.meta.teacher.labels != Labels::semi) examples_->set_targets(targets);
    trainer_ = make_trainer();
  }

  void restore() {
    int64_t iteration = 0;
    if (fs::exists(directory_.checkpoint())) {
      const Archive archive = read_archive(directory_.checkpoint());
      const auto hash = archive.metadata.find("config_hash");
      if (hash == archive.metadata.end() || hash->second != config_hash(config_))
        throw failure(directory_.checkpoint().string(), "belongs to another configuration than " +
                                                            directory_.config().string() +
                                                            "; restore that file, or train anew with --out");
      trainer_->load(archive.tensors);
      iteration = trainer_->iteration();
    }
    log_.truncate_after(iteration - 1);
  }

  void record(const MetaStep& step) {
    Json line{{"iteration", step.iteration},         {"loss", step.loss},      {"judged_after", step.judged_after},
              {"gradient_norm", step.gradient_norm}, {"lr", step.lr},          {"clipped", step.clipped},
              {"rolled_back", step.rolled_back},     {"learner", step.learner}};
    if (config_.meta.outer.learners > 1) {
      line["left_out"] = step.left_out;
      line["losses"] = step.losses;
    }
    const bool due =
        config_.validation.every > 0 && (trainer_->iteration() % config_.validation.every == 0 || trainer_->done());
    if (due) {
      const double percent = validate();
      line["validation_accuracy"] = percent;
      char text[48];
      std::snprintf(text, sizeof text, "  validation %.1f %%", percent);
      validated_ = text;
      std::ofstream(directory_.log(), std::ios::app) << "iteration " << trainer_->iteration() << text << '\n';
    }
    log_.append(line);
  }

  // Mean accuracy of fresh learners of the population on the validation split.
  double validate() const {
    const StoredBatches synthetic(trainer_->teacher(), trainer_->teacher().steps());
    const auto count = static_cast<size_t>(config_.validation.learners);
    const auto key_of = [&](size_t i) { return key_.split("validation").split(i); };
    std::vector<LearnerPtr> nets;
    std::vector<const Learner*> learners;
    for (size_t i = 0; i < count; ++i) {
      nets.push_back(make_net(sample_learner(config_.meta.population, key_of(i).split("learner")), image_shape(),
                              splits_.train.classes()));
      learners.push_back(nets.back().get());
    }
    std::vector<double> percent(count);
    for_learners(learners, config_.meta.teacher.batch, [&](size_t i, int64_t) {
      const AugmentedSource taught(synthetic, config_.augment.of_synthetic(), key_of(i).split("augment"));
      const Lesson lesson{taught, trainer_->schedule_for(learners[i]->text())};
      percent[i] = final_accuracy(*nets[i], lesson, key_of(i), splits_.validation, splits_.normalization,
                                  config_.validation.images, device_);
    });
    return std::accumulate(percent.begin(), percent.end(), 0.0) / static_cast<double>(count);
  }

  void checkpoint() const {
    write_archive(directory_.checkpoint(),
                  {trainer_->state(), {{"config_hash", config_hash(config_)}, {"program", GTN_VERSION}}});
  }

  Artefact materialise() const {
    const Teacher& teacher = trainer_->teacher();
    Tensors images, labels;
    std::vector<double> lr, momentum;
    const TeacherConfig& config = config_.meta.teacher;
    const bool in_order = config.curriculum == Curriculum::full && config.images != Images::real;
    for (int64_t t = 0; t < (in_order ? config.kept() : config.steps);
         ++t) {  // other orders change from round to round
      const Batch batch = teacher.batch(t);
      images.push_back(batch.x.contiguous());
      labels.push_back(batch.y);
    }
    for (const StepSize& size : teacher.schedule().sizes) {
      lr.push_back(size.lr);
      momentum.push_back(size.momentum);
    }
    Artefact artefact{.images = at::stack(images).cpu(),
                      .labels = at::stack(labels).cpu(),
                      .lr = at::tensor(lr, at::kFloat),
                      .momentum = at::tensor(momentum, at::kFloat),
                      .optimizer = std::string(name_of(teacher.schedule().optimizer)),
                      .augmentation = description_of(config_.augment.of_synthetic()),
                      .normalization = splits_.normalization,
                      .class_names = splits_.train.class_names,
                      .dataset = config_.dataset,
                      .dataset_fingerprint = splits_.train.fingerprint,
                      .learners = describe_population(config_.meta.population),
                      .config = to_toml(config_),
                      .program_version = GTN_VERSION,
                      .teacher = {}};
    for (const NamedTensor& p : teacher.params()) artefact.teacher[p.name] = p.tensor.cpu();
    if (config_.meta.conditioned_step_sizes)
      artefact.teacher["population.log_multipliers"] = trainer_->log_multipliers();
    return artefact;
  }

  void draw_sheet_of(const Artefact& artefact) const {
    const Shape shape = shape_of(artefact.images);
    const Tensor flat = artefact.images.reshape({shape[0] * shape[1], shape[2], shape[3], shape[4]});
    write_png(directory_.path() / "curriculum.png",
              draw_sheet(artefact.normalization.invert(flat).view(shape), artefact.labels, artefact.class_names));
  }

  RunConfig config_;
  at::Device device_;
  Splits splits_;
  Key key_;
  RealSource real_;
  std::optional<RealSource> examples_;
  AugmentedSource augmented_;  // what the trainer sees
  std::vector<NamedTensor> start_;
  MemoryForecast forecast_;
  std::unique_ptr<MetaTrainer> trainer_;
  RunDirectory directory_;
  MetricsLog log_;
  std::string validated_;
};

// The configuration of a new run from file and flags, or of the run to go on with.
RunConfig resolve(const TrainFlags& flags) {
  RunConfig config;
  if (!flags.resume.empty()) {
    if (!flags.config.empty() || !flags.settings.empty() || !flags.out.empty() || flags.seed ||
        !flags.precision.empty())
      throw usage_error(
          "--resume",
          "goes on with the run's own configuration; leave out --config, --set, --seed, --precision and --out");
    const RunDirectory run = RunDirectory::view(flags.resume);
    read_toml(config, run.config_text(), run.config().string());
    return config;
  }
  if (flags.out.empty()) throw usage_error("--out", "is needed: the folder of the new run, such as runs/first");
  if (!flags.config.empty()) load_toml(config, flags.config);
  apply_settings(config, flags.settings);
  if (flags.seed) config.seed = *flags.seed;
  if (!flags.precision.empty()) apply_settings(config, {"unroll.precision=" + flags.precision});
  return config;
}

// The forecast in a line, MiB throughout.
std::string memory_text(const MemoryForecast& forecast, int64_t limit) {
  const auto mib = [](int64_t bytes) { return std::to_string(mebibytes(bytes)); };
  std::string text = "memory: about " + mib(forecast.total()) + " MiB: teacher " + mib(forecast.teacher) +
                     ", batches " + mib(forecast.batches) + ", unroll " + mib(forecast.unroll()) + " (trajectory " +
                     mib(forecast.trajectory) + ", a step " + mib(forecast.step) + ", kept activations " +
                     mib(forecast.records) + " for " + std::to_string(forecast.kept) + " of " +
                     std::to_string(forecast.differentiated) + " steps); after it generator " +
                     mib(forecast.generator) + ", validation " + mib(forecast.validation);
  if (forecast.total() > limit) return text + "; more than --memory " + mib(limit);
  if (forecast.kept < forecast.differentiated)
    text += "; the other steps compute theirs again (--memory " + mib(limit) + ")";
  return text;
}

int train_verb(const TrainFlags& flags) {
  const RunConfig config = resolve(flags);
  if (!flags.resume.empty() && RunDirectory::view(flags.resume).done()) {
    std::printf("%s is finished already: its teacher is %s\n", flags.resume.c_str(),
                RunDirectory::view(flags.resume).teacher().c_str());
    return 0;
  }
  TrainingRun run(config, flags);
  if (config.meta.unroll.precision == Precision::bfloat16 && !multiplies_bfloat16(parse_device(flags.machine.device)))
    std::printf(
        "bf16: this processor has no such instructions; products are rounded as by one that has, and no faster\n");
  std::printf("%s\n", memory_text(run.forecast(), flags.memory_bytes()).c_str());
  std::fflush(stdout);
  run.begin(!flags.resume.empty());
  const auto start = Clock::now();
  const std::string path = run.directory().path().string();
  if (!run.loop()) {
    std::printf("stopped after %lld meta-iterations; go on with: gtn train --resume %s\n",
                static_cast<long long>(run.trainer().iteration()), path.c_str());
    return 130;
  }
  run.finish();
  std::printf("%lld meta-iterations in %s, %lld rolled back\nteacher: %s\ncurriculum: %s\n",
              static_cast<long long>(run.trainer().iteration()), format_duration(Clock::now() - start).c_str(),
              static_cast<long long>(run.trainer().rolled_back()), run.directory().teacher().c_str(),
              (run.directory().path() / "curriculum.png").c_str());
  return 0;
}

}  // namespace

void add_train(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<TrainFlags>();
  CLI::App* verb =
      program.add_subcommand("train", "Learn a curriculum: a generator, its inputs, labels and step sizes");
  verb->add_option("--config", flags->config, "TOML file; keys that it leaves out keep their defaults");
  verb->add_option("--set", flags->settings, "one key, as in --set teacher.steps=32; may be repeated")
      ->take_all()
      ->expected(1);
  verb->add_option("--out", flags->out, "folder of the new run");
  verb->add_option("--resume", flags->resume,
                   "go on with the run in this folder, to the same bits as if never stopped");
  verb->add_option("--seed", flags->seed, "everything random follows from it (default: the configuration's)");
  verb->add_option("--precision", flags->precision, "f32 or bf16, short for --set unroll.precision=...");
  verb->add_option(
          "--memory", flags->memory,
          "MiB that the run may take, by its own forecast; what it leaves holds activations from the forward to the "
          "adjoint sweep (default: half of what is free)")
      ->check(CLI::NonNegativeNumber);
  flags->machine.add_to(*verb);
  verb->footer(
      "Example:\n  gtn train --config configs/quickstart.toml --set teacher.steps=32 --out runs/first\n\nKeys:\n" +
      describe<RunConfig>());
  verb->callback([flags, &chosen] { chosen = [flags] { return train_verb(*flags); }; });
}

}  // namespace gtn
