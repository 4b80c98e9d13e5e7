// The table of a study: architectures with a known truth, and what each estimator said of them after so many steps.
#pragma once

#include <string>
#include <vector>

#include "gtn/core/json.h"

namespace gtn {

struct StudyEstimator {
  std::string name;
  std::vector<int64_t> fidelities;          // steps of one training before it is judged; {0}: it trains none
  std::vector<double> steps;                // of each fidelity, for a candidate: every step size and seed counted, mean
  std::vector<double> seconds;              // likewise, measured
  std::vector<std::vector<double>> scores;  // [fidelity][architecture]; NaN: it diverged or failed
  std::vector<double> images = {};          // as steps, put through training; empty in a table that does not say
  bool elsewhere = false;  // taken over from another measurement: its seconds do not compare with those beside it
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

// Both, one after the other: a study of more architectures by the same estimators. Costs are means over all. Throws
// std::invalid_argument naming every difference where they are not of the same space, data, teacher, truth and
// estimators, or an architecture is in both.
StudyTable joined(const StudyTable& first, const StudyTable& more);

// The table as JSON and back. NaN is null. Throws a failure at `where` for what is not such a table.
Json to_json(const StudyTable& table);
StudyTable study_table(const Json& json, const std::string& where);

}  // namespace gtn
