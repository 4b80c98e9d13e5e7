// How the candidates of a search are ranked: by a combination of their score after a few steps with their size and two
// zero-cost proxies, whose weights move with the candidates that were trained on real data
// (docs/decisions/0014-searches-rank-by-a-combination.md).
#pragma once

#include <string>
#include <vector>

#include "gtn/runs/trial_store.h"
#include "gtn/search/combination.h"

namespace gtn {

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
  std::vector<Trial> trials;                  // those with a score, the best first, each genotype once
  Combination combination = Combination({});  // of kCombinedEstimates

  // On the candidates that have both, in the order of the truths.
  struct Known {
    std::vector<double> truth, parameters;
    std::vector<double> score;     // as a place: what took fewer steps is behind all others
    std::vector<double> combined;  // by the combination of all others
    std::vector<std::string> genotypes;
  } known;
};

// `scored`: candidates after a lesson, where those that took more steps come before all others; `truths`: trained on
// real data. What is not done is left out.
Ranking rank_candidates(const std::vector<Trial>& scored, const std::vector<Trial>& truths);

}  // namespace gtn
