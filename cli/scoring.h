// What gtn search and gtn study share: estimators made of a teacher and its data, and the candidates they judge.
#pragma once

#include "cli/opened_teacher.h"
#include "gtn/core/json.h"
#include "gtn/core/memory_share.h"
#include "gtn/nets/net.h"
#include "gtn/runs/run_directory.h"
#include "gtn/runs/trial_store.h"
#include "gtn/search/space.h"
#include "gtn/search/training_estimator.h"
#include "gtn/unroll/learning_curve.h"
#include "gtn/unroll/real_training.h"

namespace gtn {

// A network that was trained on real data, and how it did on the way.
struct RealTraining {
  TrainedNet trained;
  std::vector<LearningPoint> curve;
};

// A teacher, its data, and the curriculum as a lesson.
class Scoring {
 public:
  // `path` is an artefact or a run. Throws what find_artefact() and open_splits() throw.
  Scoring(const std::string& path, const MachineFlags& machine, const Key& key);

  const Artefact& artefact() const { return artefact_; }
  const Splits& splits() const { return splits_; }
  at::Device device() const { return device_; }
  int64_t batch() const { return artefact_.images.size(1); }

  // "teacher": the learned step sizes times each of five multipliers, and the teacher's own for a candidate where it
  // has learned one.
  EstimatorPtr teacher_estimator(const TrainingEstimatorConfig& config) const;
  // "real": as many constant step sizes of the teacher's optimiser, on fresh real batches, for up to `steps` steps.
  EstimatorPtr real_estimator(int64_t steps, const TrainingEstimatorConfig& config) const;
  // "real_schedule": the teacher's learned schedule and its multipliers, on fresh real batches.
  EstimatorPtr real_schedule_estimator(const TrainingEstimatorConfig& config) const;
  // "warm_start": the teacher's curriculum as "teacher" goes through it, then fresh real batches, up to `steps` steps
  // in all, more than it has. On real data the step size falls as a cosine from the last one of the curriculum to zero.
  EstimatorPtr warm_start_estimator(int64_t steps, const TrainingEstimatorConfig& config) const;
  // "kmeans": the same as "real" on `set`, batches of as many images.
  EstimatorPtr set_estimator(const std::string& name, ImageSet set, int64_t steps,
                             const TrainingEstimatorConfig& config) const;

  // The real images, as many of each class, that zero-cost proxies look at.
  Batch proxy_batch(const Key& key) const;

  // The space of a configuration that says `named`: where that is empty, "mlp" for a table and "convnet" for images.
  std::string space_for(const std::string& named) const;

  // How many steps of the curriculum a candidate takes where a configuration says so many (0: all of them). Throws a
  // usage error where the teacher has fewer.
  int64_t scored_steps(int64_t asked) const;

  // The folder of a new run, with its configuration (also as kBegunWith), `files` (name to bytes) and a copy of the
  // teacher, so that it does not depend on that file any more; or, where `resume` is not empty, of one to go on with.
  // Throws what RunDirectory throws.
  RunDirectory open_run(const std::string& out, const std::string& resume, const std::string& toml,
                        std::map<std::string, std::string> files) const;

  // The network of a genotype for these images.
  std::shared_ptr<const Net> build(const Space& space, const std::string& genotype) const;

  // Trained to the end, when there is memory for it, with a look at it a dozen times on the way, and its accuracy in
  // percent on `judge`, one of splits(): NaN where it diverged.
  RealTraining train(const Net& net, const RealTrainingConfig& config, const Key& key) const;
  double accuracy_of(const Net& net, const TrainedNet& trained, const Dataset& judge) const;

 private:
  EstimatorPtr constant_estimator(const std::string& name, const SourceOf& source, int64_t steps,
                                  const TrainingEstimatorConfig& config) const;

  at::Device device_;
  Artefact artefact_;
  Splits splits_;
  TaughtSource taught_;
};

// A space, and the text of its file where it has one.
struct KeptSpace {
  SpacePtr space;
  std::string text;
};
// What open_space() opens. A run that is gone on with (`resume`; empty: a new one) may have kept the text as `copy`,
// which counts then: the file need not be where it was.
KeptSpace open_kept_space(const std::string& name_or_path, const std::string& resume, const std::string& copy);

// The store of such a run's trials, made where it is not there yet. Throws what open_trial_store() throws.
std::unique_ptr<TrialStore> open_store(const RunDirectory& directory);

// The result of a trial; an empty object where a damaged store holds something else.
Json facts_of(const Trial& trial);

// Parameters and multiply-adds, as a trial's result begins.
Json facts_of(const Net& net);

// As a trial's result keeps it: a list of {steps, train, validation}.
Json to_json(const std::vector<LearningPoint>& curve);
// Likewise, without "train": an estimate judges on validation alone.
Json to_json(const std::vector<ScorePoint>& curve);

// A score that is not finite is none: the candidate diverged.
TrialResult result_of(double score, const Json& facts);

// What training so many networks in turns, on batches of so many images, takes at most.
int64_t training_bytes(const Net& net, int64_t batch, int64_t learners = 1);

}  // namespace gtn
