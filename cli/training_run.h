// One training run of gtn train.
#pragma once

#include <memory>
#include <optional>

#include "cli/common.h"
#include "cli/learner_file.h"
#include "cli/run_config.h"
#include "cli/training_events.h"
#include "gtn/core/json.h"
#include "gtn/core/machine.h"
#include "gtn/data/real_source.h"
#include "gtn/runs/metrics.h"
#include "gtn/runs/run_directory.h"
#include "gtn/runs/sittings.h"
#include "gtn/teacher/memory_forecast.h"

namespace gtn {

struct TrainFlags {
  MachineFlags machine;
  std::string data, config, out, resume;
  std::vector<std::string> settings;
  std::optional<int64_t> seed;
  std::optional<int64_t> memory;  // MiB
  std::optional<double> minutes;  // that the training is meant to take: outer.iterations follows
  std::string precision;
  std::vector<LearnerText> learner_files = {};  // that the configuration named

  int64_t memory_bytes() const { return memory ? *memory << 20 : available_memory() / 2; }
};

// A training run: the trainer, its data and its folder.
class TrainingRun {
 public:
  // Everything is checked before the folder is made: a refused request leaves nothing behind.
  TrainingRun(const RunConfig& config, const TrainFlags& flags);

  // What comes before the first meta-iteration: experts where they are asked for, and what a run that is gone on with
  // has done.
  void begin(bool resumed);

  // Meta-iterations, checkpoints and looks at the validation split. Returns false where a person interrupted.
  bool loop();

  // Writes the artefact, its picture and the mark that the run is done.
  void finish();

  const RunDirectory& directory() const { return directory_; }
  const MetaTrainer& trainer() const { return *trainer_; }
  const Splits& splits() const { return splits_; }
  // As the data need it.
  const RunConfig& config() const { return config_; }
  const MemoryForecast& forecast() const { return forecast_; }

 private:
  // Of the data: [C, H, W].
  Shape image_shape() const;

  // The training images whose labels may be looked at.
  Dataset judging_images() const;

  // Real images for the teacher and for learners that are warmed up, where it needs any: of the labelled ones; of all,
  // whatever their class, where it labels them itself.
  std::optional<RealSource> examples() const;

  std::unique_ptr<MetaTrainer> make_trainer() const;

  // Labels of real images become mixtures with the experts' answers. The teacher is made anew: it may start from them.
  void ask_experts();

  void restore();

  // Adds the meta-iteration to metrics and events, after a look at the validation split where one is due.
  void record(const MetaStep& step);

  // Mean accuracy of fresh learners, of the population or of validation.learner, on the validation split.
  double validate() const;

  void checkpoint() const;

  Artefact materialise() const;

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
  SittingClock sitting_;
  MetricsLog log_;
  std::optional<TrainingEvents> events_;  // from begin() on
  std::string validated_;
};

}  // namespace gtn
