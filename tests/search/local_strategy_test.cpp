// Local search: it climbs, and starts anew from the top.
#include "tests/search/strategy_contract.h"
#include "tests/search/toy_space.h"

namespace gtn {
namespace {

double score(const Proposal& proposal) { return summit_score(proposal.genotype); }

Outcome outcome_of(const std::string& genotype) {
  const double score = summit_score(genotype);
  return {{genotype, kToySteps}, score};
}

std::unique_ptr<Strategy> local(uint64_t seed) {
  return make_strategy({.kind = StrategyKind::local, .initial = 10}, kSpace, kToySteps, 100, Key(seed));
}

TEST(LocalStrategy, reaches_the_summit_of_a_space_with_one) {
  for (uint64_t seed = 0; seed < 8; ++seed) EXPECT_EQ(best_score(run_search(*local(seed), score, 180).told), 0) << seed;
}

TEST(LocalStrategy, asks_for_neighbours_of_the_best_alone) {
  const auto [told, asks] = run_search(*local(1), score, 60);
  for (size_t i = 0; i + 1 < asks.size(); ++i) {
    if (asks[i] < 10) continue;  // the random start
    const auto best = std::max_element(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(asks[i]),
                                       [](const Outcome& a, const Outcome& b) { return a.score < b.score; });
    for (size_t k = asks[i]; k < asks[i + 1]; ++k)
      EXPECT_EQ(choices_apart(told[k].proposal.genotype, best->proposal.genotype), 1);
  }
}

TEST(LocalStrategy, what_failed_is_no_place_to_climb_from) {
  std::vector<Outcome> told = run_search(*local(1), score, 10).told;
  for (size_t i = 0; i < 10; ++i) told[i].score = std::nan("");
  EXPECT_EQ(local(1)->ask(told, 30).size(), 10u) << "a new start where all of the first failed";
  told[4].score = -1e9;
  const std::vector<Proposal> next = local(1)->ask(told, 30);
  EXPECT_GT(next.size(), 20u);  // of 24, but for those that were told
  for (const Proposal& proposal : next) EXPECT_EQ(choices_apart(proposal.genotype, told[4].proposal.genotype), 1);
}

TEST(LocalStrategy, starts_anew_when_no_neighbour_is_left) {
  std::vector<Outcome> told = run_search(*local(1), score, 10).told;
  const std::string summit = "1-3-0-2-4-1";
  told.push_back(outcome_of(summit));
  std::vector<std::string> left = kSpace.neighbours(summit);
  ASSERT_EQ(left.size(), 24u);
  for (const std::string& neighbour : left) told.push_back(outcome_of(neighbour));
  const Outcome last = told.back();
  told.pop_back();
  EXPECT_EQ(local(1)->ask(told, 8), (std::vector<Proposal>{last.proposal}));
  told.push_back(last);
  // Ten random ones, of which few lie near anything.
  const std::vector<Proposal> start = local(1)->ask(told, 30);
  EXPECT_EQ(start.size(), 10u);
  const auto near = std::count_if(start.begin(), start.end(),
                                  [&](const Proposal& p) { return choices_apart(p.genotype, summit) <= 2; });
  EXPECT_LT(near, 3);
  // The new climb has a best of its own, worse than the summit.
  for (const Proposal& proposal : start) told.push_back(outcome_of(proposal.genotype));
  const auto best = std::max_element(start.begin(), start.end(),
                                     [](const Proposal& a, const Proposal& b) { return score(a) < score(b); });
  for (const Proposal& proposal : local(1)->ask(told, 8))
    EXPECT_EQ(choices_apart(proposal.genotype, best->genotype), 1);
}

}  // namespace
}  // namespace gtn
