// A study of estimators: architectures with a known truth, what each estimator said of them after so many steps, and
// how well that ranks them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gtn/core/json.h"
#include "gtn/core/random.h"

namespace gtn {

struct StudyEstimator {
  std::string name;
  std::vector<int64_t> fidelities;          // steps of one training before it is judged; {0}: it trains none
  std::vector<double> steps;                // of each fidelity, for a candidate: every step size and seed counted, mean
  std::vector<double> seconds;              // likewise, measured
  std::vector<std::vector<double>> scores;  // [fidelity][architecture]; NaN: it diverged or failed
  std::vector<double> images = {};          // as steps, put through training; empty in a table that does not say
  bool raced = false;  // its step sizes raced (gtn/search/race.h); before there were races each was trained to the end
};

struct StudyTable {
  std::string space, dataset;
  std::string teacher = {};  // the configuration it was learned by; empty where it is not known
  std::vector<std::string> genotypes;
  std::vector<double> truth;  // accuracy in percent of each, trained on real data to the end; NaN: it diverged
  double truth_steps = 0, truth_seconds = 0;  // of a training, mean
  std::vector<StudyEstimator> estimators;
  int64_t failed = 0;  // trials: of a truth, whose architecture is left out, or of an estimate, which ranks last
};

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
  double seconds = 0;     // measured, of a candidate
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

// Both, one after the other: a study of more architectures by the same estimators. Costs are means over all. Throws
// std::invalid_argument naming every difference where they are not of the same space, data, teacher, truth and
// estimators, or an architecture is in both.
StudyTable joined(const StudyTable& first, const StudyTable& more);

// The table as JSON and back. NaN is null. Throws a failure at `where` for what is not such a table.
Json to_json(const StudyTable& table);
StudyTable study_table(const Json& json, const std::string& where);

}  // namespace gtn
