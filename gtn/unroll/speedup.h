// How many steps real data needs for the accuracy that a curriculum reaches. The number is found on the validation
// split; the test split then says, once, how good both are.
#pragma once

#include "gtn/unroll/evaluation.h"

namespace gtn {

struct SpeedupConfig {
  int64_t cap = 64;                        // the longest training on real data, in units of the curriculum's steps
  std::vector<double> factors{0.5, 1, 2};  // of the step size that was best for half as many steps
  int64_t selection_images = 2000;         // of the validation split, for each choice
};

// Learners trained on real data for so many steps, with the step size and decay that validation prefers.
struct RealBudget {
  int64_t steps = 0;
  AccuracyCurve accuracy;     // of the end alone
  std::vector<double> lr;     // chosen, one a learner
  std::vector<Decay> decays;  // chosen, one a learner
};

enum class Bound { exact, at_most, at_least };

// Where budgets [k, mean accuracy] reach `target`: linear between two of them in the logarithm of steps. At most the
// first where that is good enough already, at least the last where none is. Throws std::out_of_range without a budget.
std::pair<double, Bound> steps_for(const std::vector<RealBudget>& budgets, double target);

struct Speedup {
  std::vector<RealBudget>
      budgets;           // on validation: T, 2 T, 4 T, ... steps, to the first that is as good, or to the cap
  AccuracyCurve target;  // of the curriculum, on validation
  double steps = 0;      // that real data needs for the target's mean
  Bound bound = Bound::exact;
  double ratio = 0;  // steps / T, with the same bound
  RealBudget found;  // so many steps, rounded, tuned once more: on the test split
};

// `evaluation` is that of the same learners on `lesson`, whose step sizes serve again and whose real step sizes begin
// the search; its `synthetic` is what stands beside `found`. Each budget is a training of its own by the lesson's
// optimiser, constant or cosine, tuned for its length (Tuner); the learners judged on validation are others than those
// of the evaluation, which are judged on the test split. The batch size is that of the evaluation.
Speedup measure_speedup(const std::vector<LearnerPtr>& learners, const Lesson& lesson, const Evaluation& evaluation,
                        int64_t batch_size, const Splits& splits, const SpeedupConfig& config, const Key& key,
                        at::Device device, const Progress& progress);

}  // namespace gtn
