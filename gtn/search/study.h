// A study of estimators: how well what each of them said ranks the architectures of a table.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gtn/core/random.h"
#include "gtn/search/study_table.h"

namespace gtn {

// One line of the answer: an estimator after so many steps.
struct StudyRow {
  std::string name;
  int64_t fidelity = 0;
  double steps = 0, seconds = 0;                      // as in StudyEstimator
  double spearman = 0, low = 0, high = 0;             // over the full range, 95 % bootstrap interval
  double kendall = 0, top_half = 0, regret_at_5 = 0;  // gtn/search/ranking.h
  std::optional<double> images = {};                  // as in StudyEstimator
};

// How much more real data needs for the rank correlation that another estimator reaches at its last step.
struct StudySpeedup {
  std::string name;       // the other's
  double steps = 0;       // real steps of one training over its steps
  double seconds = 0;     // measured, of a candidate; NaN where one of the two was measured elsewhere
  bool at_least = false;  // real data does not get there in the steps that were measured
};

struct StudyReport {
  std::vector<StudyRow> rows;  // in the order of the estimators and fidelities
  // Of "teacher" and "warm_start", in this order, where there is "real" as well, and both raced or neither.
  std::vector<StudySpeedup> speedups;
};

// Throws std::invalid_argument where there are fewer than three architectures.
StudyReport analyse(const StudyTable& table, const Key& key);

// A combination (gtn/search/combination.h) of the last fidelities of `names`, fitted on the truth of `known`
// architectures and judged on the others: means over `draws` choices of those that are known, and of Spearman's rho the
// 95 % range. Where none are known: of all architectures, with the 95 % bootstrap interval. None where a name, its
// estimates or enough architectures are missing.
struct CombinationResult {
  int64_t known = 0;
  double spearman = 0, low = 0, high = 0;
  double top_half = 0, regret_at_5 = 0;
};
std::optional<CombinationResult> combine(const StudyTable& table, const std::vector<std::string>& names, int64_t known,
                                         int64_t draws, const Key& key);

}  // namespace gtn
