// What a curriculum is worth in another order: the shuffling at test time of the paper's ablation (Such et al., 2019,
// figure 3).
#pragma once

#include "cli/evaluate_report.h"

namespace gtn {

// The learners of `evaluation`, fresh again and with the step sizes that it chose, which stay with their step: judged
// on the test split after batches in an order of each learner's own, and after images dealt to the steps anew, those
// of each place in a batch, and thus of a class, among themselves.
OrderRow measure_order(const std::vector<LearnerPtr>& learners, const Lesson& lesson, const Evaluation& evaluation,
                       const Splits& splits, const Key& key, at::Device device, const Progress& progress);

}  // namespace gtn
