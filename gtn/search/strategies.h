// The strategies that make_strategy() chooses from, and what they share; nothing outside gtn/search needs it.
#pragma once

#include "gtn/search/strategy.h"

namespace gtn {

struct SearchSetting {
  const Space& space;
  int64_t steps;  // of a full estimate
  Key key;
};

// Uniform sampling without repetition.
std::unique_ptr<Strategy> random_strategy(const SearchSetting& setting);

// Every genotype once, in the order of the space.
std::unique_ptr<Strategy> exhaustive_strategy(const SearchSetting& setting);

// Regularised evolution (Real et al., 2019, algorithm 1): a child is a mutant of the best of `sample` draws from the
// `population` youngest. Age alone removes, so that a candidate whose score was luck does not breed for ever.
std::unique_ptr<Strategy> evolution_strategy(const SearchSetting& setting, const StrategyConfig& config);

// Local search (White et al., 2021): from the best of `initial` random candidates to the best neighbour, until none is
// better; then from random candidates again. It moves on as soon as a neighbour is told that is better.
std::unique_ptr<Strategy> local_strategy(const SearchSetting& setting, const StrategyConfig& config);

// Successive halving (Jamieson, Talwalkar, 2016): the best 1/eta of a rung go on to the next, at least one, once the
// whole rung is told. The first rung is the largest with which all rungs together take at most `candidates` trials.
std::unique_ptr<Strategy> halving_strategy(const SearchSetting& setting, const StrategyConfig& config,
                                           int64_t candidates);

// Asynchronous successive halving (Li et al., 2020, algorithm 2): whatever lies in the best 1/eta of a rung so far goes
// on, the highest rung first; the lowest is filled up with new candidates. Nothing waits for a rung to be complete.
std::unique_ptr<Strategy> asha_strategy(const SearchSetting& setting, const StrategyConfig& config);

// Bayesian optimisation: a Gaussian process over the features of genotypes (gaussian_process.h), and the candidates of
// a pool with the largest expected improvement. Within one ask, a chosen candidate counts as told with the score that
// the model expects (the kriging believer: Ginsbourger et al., 2010), so that the next lies elsewhere.
std::unique_ptr<Strategy> bayesian_strategy(const SearchSetting& setting, const StrategyConfig& config);

// NSGA-II (Deb et al., 2002) on the score and the costs. A space has no crossover, so that children are mutants only;
// their parents win binary tournaments by front and crowding among the best `population` of all that was told.
std::unique_ptr<Strategy> nsga2_strategy(const SearchSetting& setting, const StrategyConfig& config);

// The outcomes that did not fail, the best first, equal ones in the order in which they were told.
std::vector<const Outcome*> best_first(const std::vector<Outcome>& told);

}  // namespace gtn
