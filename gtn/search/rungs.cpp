#include "gtn/search/rungs.h"

#include <algorithm>

namespace gtn {

std::vector<int64_t> rung_steps(int64_t min_steps, int64_t eta, int64_t steps) {
  std::vector<int64_t> rungs;
  for (int64_t rung = min_steps; rung < steps; rung *= eta) {
    rungs.push_back(rung);
    if (rung > steps / eta) break;  // the next one may be too large for a number
  }
  rungs.push_back(steps);
  return rungs;
}

int64_t count_at(const std::vector<Outcome>& told, int64_t steps) {
  return std::count_if(told.begin(), told.end(),
                       [&](const Outcome& outcome) { return outcome.proposal.steps == steps; });
}

std::vector<std::string> best_at(const std::vector<Outcome>& told, int64_t steps, int64_t count) {
  std::vector<std::string> genotypes;
  for (const Outcome* outcome : best_first(told)) {
    if (static_cast<int64_t>(genotypes.size()) == count) break;
    if (outcome->proposal.steps == steps) genotypes.push_back(outcome->proposal.genotype);
  }
  return genotypes;
}

}  // namespace gtn
