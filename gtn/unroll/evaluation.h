// The honest evaluator: fresh learners taught by a source of batches, judged after every step, beside the same learners
// on real data, chosen at random or with care, with the best step size that validation can find. Nothing here has seen
// the test split before its one reading.
#pragma once

#include <optional>

#include "gtn/unroll/tuning.h"

namespace gtn {

struct EvaluationConfig {
  int64_t selection_images = 2000;  // of the validation split, for each choice
  int64_t curve_images = 1000;      // of the test split, after every step but the last, which is judged on all of it
  std::vector<double> multipliers{0.25, 0.5, 1, 2, 4};                   // of the learned step sizes
  std::vector<double> lr{0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2};  // of all images; for sgd: see step_sizes_for
  std::vector<double> momentum{0.5, 0.9};
};

// How a learner takes the curriculum's steps: the learned sizes times a multiplier (of the list, or the lesson's own),
// or one size for all of them.
struct StepChoice {
  double multiplier = 1;
  std::optional<StepSize> constant = {};  // the multiplier does not count then

  Schedule of(const Schedule& learned) const;
  bool operator==(const StepChoice& other) const;
};

// A set of images that learners are taught on as they are on real data, by the optimiser of the lesson.
struct Control {
  std::string name;                // "kmeans", ...
  std::vector<ImageSet> variants;  // at least one, of equal sizes; validation chooses, together with the step size
  std::vector<double> temperatures =
      {};  // of the experts' labels of each variant; empty where they are the images' own

  int64_t images() const { return variants.front().size(); }
};

// At its best step size on validation.
struct TunedCurve {
  AccuracyCurve curve;
  std::vector<double> lr, momentum;   // chosen, one a seed
  std::vector<size_t> variants = {};  // of a control, likewise
};

struct Evaluation {
  AccuracyCurve plain;      // on synthetic batches with the teacher's own step sizes
  AccuracyCurve synthetic;  // the same, as StepChoice says, which validation chose for the architecture
  AccuracyCurve real;       // real batches, as many and as large, by the same optimiser, at the best step size on
                            // validation
  std::vector<StepChoice> taught_by;           // one a seed
  std::vector<double> real_lr, real_momentum;  // chosen, one a seed
  std::vector<TunedCurve> controls;            // as real, in the order they were given
  // The classes that the learners of `synthetic` gave the images of the test split after the last step, one [N] int64
  // a seed: what their finals are the percentages of.
  Tensors predicted;
};

// One fresh learner for each entry of `learners`. An architecture may stand there several times and is tuned once
// (Tuner). `batch_size` is that of the real batches. Learners with small steps are trained side by side (for_learners).
Evaluation evaluate(const std::vector<LearnerPtr>& learners, const Lesson& lesson, int64_t batch_size,
                    const Splits& splits, const EvaluationConfig& config, const Key& key, at::Device device,
                    const Progress& progress, const std::vector<Control>& controls = {});

}  // namespace gtn
