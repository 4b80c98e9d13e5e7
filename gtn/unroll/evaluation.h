// The honest evaluator: fresh learners taught by a source of batches, judged after every step, beside the same learners
// on real data with the best step size that validation can find. Nothing here has seen the test split before its one
// reading.
#pragma once

#include <functional>

#include "gtn/data/dataset.h"
#include "gtn/unroll/inner_loop.h"

namespace gtn {

constexpr int64_t kImagesAtOnce = 500;  // that accuracy() puts through a learner

// Percent of the first `count` images of `dataset` that are classified right.
double accuracy(const Learner& learner, const Tensor& w, const Statistics& statistics, const Dataset& dataset,
                const Normalization& normalization, int64_t count, at::Device device);

// What is taught: batches and the step size of each.
struct Lesson {
  const BatchSource& source;
  Schedule schedule;
};

// Accuracy of one fresh learner taught by `lesson`, at the end, with statistics from the last batch.
double final_accuracy(const Learner& learner, const Lesson& lesson, const Key& key, const Dataset& dataset,
                      const Normalization& normalization, int64_t count, at::Device device);

struct EvaluationConfig {
  int64_t selection_images = 2000;  // of the validation split, for each choice
  int64_t curve_images = 1000;      // of the test split, after every step but the last, which is judged on all of it
  std::vector<double> multipliers{0.25, 0.5, 1, 2, 4};
  std::vector<double> real_lr{0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5};
  std::vector<double> real_momentum{0.5, 0.9};
};

// Accuracies in percent on the test split, over the seeds.
struct AccuracyCurve {
  double mean = 0, std = 0;              // after the last step; std with divisor n - 1
  std::vector<double> curve, curve_std;  // after 0 .. T steps
  std::vector<double> finals;            // one a seed
};

struct Evaluation {
  AccuracyCurve plain;      // on synthetic batches with the teacher's own step sizes
  AccuracyCurve synthetic;  // the same, the step sizes times one multiplier a learner, chosen on validation
  AccuracyCurve real;       // real batches, as many and as large, by the same optimiser, at the best step size on
                            // validation
  std::vector<double> multipliers, real_lr, real_momentum;  // chosen, one a seed
};

// One fresh learner for each entry of `learners`. An architecture may stand there several times and is tuned once:
// every choice judged on validation with one seed, the best three with three more, none of them evaluated.
// `batch_size` is that of the real batches. Learners with small steps are trained side by side (for_learners).
// `progress(done, total)` counts trainings; it is called by one thread at a time, not always the same.
Evaluation evaluate(const std::vector<LearnerPtr>& learners, const Lesson& lesson, int64_t batch_size,
                    const Splits& splits, const EvaluationConfig& config, const Key& key, at::Device device,
                    const std::function<void(int64_t, int64_t)>& progress);

}  // namespace gtn
