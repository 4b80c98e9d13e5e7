#include "cli/search_ranking.h"

#include <algorithm>
#include <limits>
#include <set>

#include "cli/scoring.h"
#include "gtn/search/ranking.h"

namespace gtn {
namespace {

// The best first, each genotype once.
std::vector<Trial> by_score(std::vector<Trial> trials) {
  std::erase_if(trials, [](const Trial& trial) { return !trial.score; });
  std::ranges::stable_sort(trials, [](const Trial& a, const Trial& b) {
    return std::pair(a.plan.steps, *a.score) > std::pair(b.plan.steps, *b.score);
  });
  std::set<std::string> seen;
  std::erase_if(trials, [&](const Trial& trial) { return !seen.insert(trial.plan.genotype).second; });
  return trials;
}

// Larger is better, of candidates in the order of by_score(): equal ones, after as many steps, share a place.
std::vector<double> places_of(const std::vector<Trial>& trials) {
  std::vector<double> places;
  for (size_t i = 0; i < trials.size(); ++i) {
    const bool shared =
        i > 0 && trials[i].plan.steps == trials[i - 1].plan.steps && trials[i].score == trials[i - 1].score;
    places.push_back(shared ? places.back() : -static_cast<double>(i));
  }
  return places;
}

// [estimate][candidate] of candidates in the order of by_score().
std::vector<std::vector<double>> combined_estimates(const std::vector<Trial>& trials) {
  std::vector<std::vector<double>> estimates;
  for (const CombinedEstimate& estimate : kCombinedEstimates) {
    const bool is_place = std::string_view(estimate.name) == "score";
    estimates.push_back(is_place ? places_of(trials) : std::vector<double>());
    if (!is_place)
      for (const Trial& trial : trials) estimates.back().push_back(fact_of(trial, estimate.name));
  }
  return estimates;
}

}  // namespace

double fact_of(const Trial& trial, const char* name) {
  const Json facts = facts_of(trial);
  const bool has = facts.contains(name) && facts[name].is_number();
  return has ? facts[name].get<double>() : std::numeric_limits<double>::quiet_NaN();
}

double score_of(const Trial& trial) { return trial.score.value_or(-std::numeric_limits<double>::infinity()); }

Ranking rank_candidates(const std::vector<Trial>& scored, const std::vector<Trial>& truths) {
  Ranking ranking{.trials = by_score(scored), .known = {}};
  std::vector<int64_t> known;
  for (const Trial& truth : truths) {
    const auto at =
        std::ranges::find(ranking.trials, truth.plan.genotype, [](const Trial& t) { return t.plan.genotype; });
    if (at == ranking.trials.end() || truth.state != TrialState::done) continue;
    known.push_back(at - ranking.trials.begin());
    ranking.known.genotypes.push_back(truth.plan.genotype);
    ranking.known.truth.push_back(score_of(truth));
    ranking.known.parameters.push_back(fact_of(*at, "parameters"));
  }
  const auto all = combined_estimates(ranking.trials), of_known = estimates_of(all, known);
  ranking.known.score = estimates_of({places_of(ranking.trials)}, known).front();
  ranking.combination = Combination::fit(of_known, ranking.known.truth);
  ranking.known.combined = left_out_scores(of_known, ranking.known.truth);
  std::vector<Trial> ordered;
  for (const size_t i : highest_first(ranking.combination.predict(all))) ordered.push_back(ranking.trials[i]);
  ranking.trials = std::move(ordered);
  return ranking;
}

}  // namespace gtn
