// How the candidates of a search are ranked: by their score on the curriculum, and where enough of them were trained on
// real data, by a combination of that score with their size and two zero-cost proxies, fitted on those that were
// (docs/decisions/0014-searches-rank-by-a-combination.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gtn/runs/trial_store.h"
#include "gtn/search/combination.h"

namespace gtn {

// Truths from which on estimates are combined.
inline constexpr size_t kCombined = 10;

// What is combined: the ranking by score, and facts of a scored trial.
struct CombinedEstimate {
  const char* name;   // in the result of a trial, and in JSON
  const char* shown;  // to people
};
inline constexpr CombinedEstimate kCombinedEstimates[] = {{"score", "score"},
                                                          {"parameters", "parameters"},
                                                          {"multiply_adds", "multiply-adds"},
                                                          {"synflow", "synflow"},
                                                          {"grad_norm", "gradient norm"}};

// A number in the result of a trial; NaN where it has none.
double fact_of(const Trial& trial, const char* name);

// Of a trial that is done: what diverged has minus infinity.
double score_of(const Trial& trial);

struct Ranking {
  std::vector<Trial> trials;               // those with a score, the best first, each genotype once
  std::optional<Combination> combination;  // of kCombinedEstimates, where there are kCombined truths

  // On the candidates that have both, in the order of the truths.
  struct Known {
    std::vector<double> truth, score, parameters;
    std::vector<double> combined;  // by the combination of all others; empty where there is none
    std::vector<std::string> genotypes;
  } known;
};

// `scored`: candidates after a lesson, where those that took more steps come before all others; `truths`: trained on
// real data. What is not done is left out.
Ranking rank_candidates(const std::vector<Trial>& scored, const std::vector<Trial>& truths);

}  // namespace gtn
