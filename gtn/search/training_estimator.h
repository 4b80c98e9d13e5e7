// Estimates by training for a few steps: on a teacher's curriculum, on real data, or on chosen real images. They differ
// in nothing but the batches and the step sizes that they may choose from, so that a comparison is one of the data.
#pragma once

#include <functional>

#include "gtn/search/estimator.h"
#include "gtn/unroll/tuning.h"

namespace gtn {

struct TrainingEstimatorConfig {
  int64_t seeds = 1;      // fresh learners whose accuracies are averaged
  int64_t images = 2000;  // the first of the validation split, on which each is judged
};

// A way to teach that is made for a candidate.
using TeachingFor = std::function<Teaching(const Net& candidate)>;

// `choices` are ways to teach that race over k steps (Race): they are compared by their mean accuracy in percent on the
// first eighth of the judging images (judging every choice on all took a third of the time of a short lesson), and the
// score is the winner's on all of them. Statistics are those of the last batch taken. A choice with a learner whose
// parameters are not finite is out from there on; the score is NaN where all are. Each choice teaches each seed's
// learner once for all fidelities; for one seed all begin with the same parameters and ask their source with the same
// key. Every choice counts as cost, up to the step at which it dropped out or diverged, and the judging in seconds; the
// parameters of all are held at once. Keeps a reference to `splits`. Throws std::invalid_argument where there is no
// choice, schedules are empty or of different lengths, or a number is below one. `batch`: images that a step takes, for
// the cost. `own`, where there is one, makes one more choice for a candidate, of the same length.
EstimatorPtr training_estimator(std::string name, std::vector<Teaching> choices, int64_t batch,
                                const TrainingEstimatorConfig& config, const Splits& splits, at::Device device,
                                TeachingFor own = {});

// The curriculum's step sizes times each of `multipliers`. `lesson`'s source must outlive the estimator.
std::vector<Teaching> taught_choices(const Lesson& lesson, const std::vector<double>& multipliers);

// The curriculum's step sizes times the lesson's own multiplier for the candidate; empty where it has none.
TeachingFor own_choice(const Lesson& lesson);

// The same batches for constant step sizes of every pair of lr and momentum, for so many steps.
std::vector<Teaching> constant_choices(const SourceOf& source, int64_t steps, const std::vector<double>& lr,
                                       const std::vector<double>& momentum, InnerOptimizer optimizer);

}  // namespace gtn
