#include "cli/training_run.h"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <sstream>

#include "cli/run_data.h"
#include "cli/train_experts.h"
#include "cli/train_memory.h"
#include "cli/train_start.h"
#include "cli/usual_run.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/version.h"
#include "gtn/nets/spec.h"
#include "gtn/nets/traits.h"
#include "gtn/report/png.h"
#include "gtn/report/sheet.h"
#include "gtn/runs/interrupt.h"
#include "gtn/unroll/evaluation.h"
#include "gtn/unroll/for_learners.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kCheckpointEvery{30};

// The data in the units that the configuration asks for; it is suited to them.
Splits open_splits(RunConfig& config, const TrainFlags& flags) {
  OpenedDataset opened;
  if (flags.resume.empty()) {
    opened = open_run_data(config, flags.machine.data_folders());
    print_remarks(opened);
  } else {
    opened.splits = reopen_run_data(config, flags.machine);
  }
  Splits& splits = opened.splits;
  const std::string changed = suit_table(config, splits);
  if (!changed.empty()) std::printf("%s\n", changed.c_str());
  check_learners(config, flags.learner_files, image_of(splits), splits.train.classes());
  check_fits(config.augment, splits.train.images.size(2), splits.train.images.size(3));
  if (config.experts.ensemble.count > 0) expert_learner(config, image_of(splits), splits.train.classes());
  measure_units(config, splits);
  if (flags.minutes) {
    const double minutes = fit_iterations(config, splits, *flags.minutes, parse_device(flags.machine.device));
    std::printf("%lld meta-iterations, about %.2g minutes on this machine\n",
                static_cast<long long>(config.meta.outer.iterations), minutes);
  }
  return std::move(opened.splits);
}

// Takes the lines of iterations above `last` out of the log: they come again.
void forget_after(const fs::path& log, int64_t last) {
  if (!fs::exists(log)) return;
  std::istringstream lines(read_file(log));
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    int64_t iteration = 0;
    if (!(words >> word >> iteration) || word != "iteration" || iteration <= last) kept += line + "\n";
  }
  write_file_atomic(log, kept);
}

// Nothing where the run has got further already.
std::vector<NamedTensor> start_of(const RunConfig& config, const TrainFlags& flags, const Splits& splits) {
  if (!flags.resume.empty() && fs::exists(RunDirectory::view(flags.resume).checkpoint())) return {};
  return read_start(config, splits);
}

}  // namespace

TrainingRun::TrainingRun(const RunConfig& config, const TrainFlags& flags)
    : config_(config),
      device_(flags.machine.apply()),
      splits_(open_splits(config_, flags)),
      key_(static_cast<uint64_t>(config_.seed)),
      real_(judging_images(), splits_.normalization, config_.meta.real_batch, key_.split("real"),
            Sampling::with_replacement, device_),
      examples_(examples()),
      augmented_(real_, config_.augment, key_.split("augment")),
      start_(start_of(config_, flags, splits_)),
      forecast_(forecast_run(config_, image_shape(), splits_.train.classes(), flags.memory_bytes(),
                             flags.memory.has_value())),
      trainer_(make_trainer()),
      directory_(flags.resume.empty() ? RunDirectory::create(flags.out, to_toml(config_))
                                      : RunDirectory::open(flags.resume)),
      sitting_(directory_.sittings(), flags.machine.device, flags.machine.thread_count()),
      log_(directory_.metrics()) {}

void TrainingRun::begin(bool resumed) {
  if (config_.experts.ensemble.count > 0) ask_experts();
  if (!start_.empty()) checkpoint();  // the run does not depend on that file any more
  if (resumed) restore();
  events_.emplace(directory_.events(), resumed ? std::optional(trainer_->iteration()) : std::nullopt);
}

bool TrainingRun::loop() {
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
    sitting_.tick();
    if (Clock::now() - saved < kCheckpointEvery) continue;
    checkpoint();
    saved = Clock::now();
  }
  checkpoint();
  return trainer_->done();
}

void TrainingRun::finish() {
  const Artefact artefact = materialise();
  save_artefact(directory_.teacher(), artefact);
  write_png(directory_.path() / "curriculum.png",
            draw_sheet(pixels_of(artefact), artefact.labels, artefact.class_names));
  directory_.mark_done();
}

Shape TrainingRun::image_shape() const { return image_of(splits_); }

Dataset TrainingRun::judging_images() const {
  Dataset judging = splits_.train;
  const int64_t count = config_.labelled;
  if (count == 0) return judging;
  if (count > judging.size())
    throw usage_error(
        "labelled", std::to_string(count) + " is more than the " + std::to_string(judging.size()) + " training images");
  judging.images = judging.images.narrow(0, 0, count);
  judging.labels = judging.labels.narrow(0, 0, count);
  return judging;
}

std::optional<RealSource> TrainingRun::examples() const {
  const TeacherConfig& teacher = config_.meta.teacher;
  if (teacher.images == Images::generator && teacher.reconstruction == 0 && config_.meta.unroll.warm_up == 0)
    return std::nullopt;
  const bool unlabelled = teacher.labels == Labels::semi;
  return RealSource(unlabelled ? splits_.train : judging_images(), splits_.normalization, teacher.batch,
                    key_.split("examples"), unlabelled ? Sampling::with_replacement : Sampling::balanced, device_);
}

std::unique_ptr<MetaTrainer> TrainingRun::make_trainer() const {
  auto trainer = std::make_unique<MetaTrainer>(config_.meta, image_shape(), splits_.train.classes(), augmented_,
                                               key_.split("trainer"), device_, forecast_.record_room,
                                               examples_ ? &*examples_ : nullptr, config_.augment.of_synthetic());
  if (!start_.empty()) trainer->start_from(start_, config_.start);
  return trainer;
}

void TrainingRun::ask_experts() {
  const Dataset images = judging_images();
  const Tensor soft = expert_labels(config_, splits_, images, key_.split("experts"), device_, directory_);
  const Tensor targets = mixed_targets(images, soft, config_.experts.weight);
  real_.set_targets(targets);
  if (examples_ && config_.meta.teacher.labels != Labels::semi) examples_->set_targets(targets);
  trainer_ = make_trainer();
}

void TrainingRun::restore() {
  int64_t iteration = 0;
  if (fs::exists(directory_.checkpoint())) {
    const Archive archive = read_archive(directory_.checkpoint());
    const auto hash = archive.metadata.find("config_hash");
    if (hash == archive.metadata.end() || hash->second != config_hash(config_))
      throw failure(directory_.checkpoint().string(), "belongs to another configuration than " +
                                                          directory_.config().string() +
                                                          "; restore that file, or train anew with --out");
    const auto data = archive.metadata.find("dataset_fingerprint");  // older ones have none
    if (data != archive.metadata.end() && data->second != splits_.train.fingerprint)
      throw failure(config_.dataset, "is not the data set that this run began with (fingerprint " +
                                         splits_.train.fingerprint + ", not " + data->second +
                                         "); point --data at that one, or train anew with --out");
    trainer_->load(archive.tensors);
    iteration = trainer_->iteration();
  }
  log_.truncate_after(iteration - 1);
  forget_after(directory_.log(), iteration);
}

void TrainingRun::record(const MetaStep& step) {
  Json line{{"iteration", step.iteration},         {"loss", step.loss},      {"judged_after", step.judged_after},
            {"gradient_norm", step.gradient_norm}, {"lr", step.lr},          {"clipped", step.clipped},
            {"rolled_back", step.rolled_back},     {"learner", step.learner}};
  if (config_.meta.outer.learners > 1) {
    line["left_out"] = step.left_out;
    line["losses"] = step.losses;
  }
  events_->add(step);
  const int64_t every = config_.validation.every, done = trainer_->iteration();
  if (every > 0 && (done % every == 0 || trainer_->done())) {
    const double percent = validate();
    events_->add_validation(step.iteration, percent, trainer_->teacher().schedule());
    if (shows_curriculum(done, every, config_.meta.outer.iterations))
      events_->add_curriculum(step.iteration, materialise());
    line["validation_accuracy"] = percent;
    char text[48];
    std::snprintf(text, sizeof text, "  validation %.1f %%", percent);
    validated_ = text;
    std::ofstream(directory_.log(), std::ios::app) << "iteration " << done << text << '\n';
  }
  log_.append(line);
}

double TrainingRun::validate() const {
  const StoredBatches synthetic(trainer_->teacher(), trainer_->teacher().steps());
  const auto count = static_cast<size_t>(config_.validation.learners);
  const std::string& own = config_.validation.learner;
  const auto key_of = [&](size_t i) { return key_.split("validation").split(i); };
  std::vector<LearnerPtr> nets;
  std::vector<const Learner*> learners;
  for (size_t i = 0; i < count; ++i) {
    nets.push_back(make_net(own.empty() ? sample_learner(config_.meta.population, key_of(i).split("learner")) : own,
                            image_shape(), splits_.train.classes()));
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

void TrainingRun::checkpoint() const {
  write_archive(directory_.checkpoint(), {trainer_->state(),
                                          {{"config_hash", config_hash(config_)},
                                           {"dataset_fingerprint", splits_.train.fingerprint},
                                           {"program", GTN_VERSION}}});
}

Artefact TrainingRun::materialise() const {
  const Teacher& teacher = trainer_->teacher();
  Tensors images, labels;
  std::vector<double> lr, momentum;
  const TeacherConfig& config = config_.meta.teacher;
  const bool in_order = config.curriculum == Curriculum::full && config.images != Images::real;
  for (int64_t t = 0; t < (in_order ? config.kept() : config.steps); ++t) {  // other orders change from round to round
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
  if (config_.meta.conditioned_step_sizes) {
    artefact.traits = trait_names();
    artefact.log_multipliers = trainer_->log_multipliers().clone();
  }
  return artefact;
}

}  // namespace gtn
