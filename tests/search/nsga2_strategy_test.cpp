// NSGA-II: parents come from the best fronts, and from their thinly populated parts.
#include "tests/search/strategy_contract.h"
#include "tests/search/toy_space.h"

namespace gtn {
namespace {

// How many of 64 children are mutants of each told genotype: eight of each of eight keys.
std::vector<int64_t> children(int64_t population, const std::vector<Outcome>& told) {
  const StrategyConfig config{.kind = StrategyKind::nsga2, .population = population};
  std::vector<int64_t> counts(told.size(), 0);
  for (uint64_t seed = 0; seed < 8; ++seed)
    for (const Proposal& child : make_strategy(config, kSpace, kToySteps, 100, Key(seed))->ask(told, 8))
      for (size_t i = 0; i < told.size(); ++i)
        counts[i] += choices_apart(child.genotype, told[i].proposal.genotype) == 1 ? 1 : 0;
  return counts;
}

// Of one digit alone, so that no two have a neighbour in common.
Outcome outcome(char digit, double score, double cost) {
  std::string genotype;
  for (int i = 0; i < 6; ++i) genotype += std::string(i > 0 ? "-" : "") + digit;
  return {{genotype, kToySteps}, score, {cost}};
}

TEST(Nsga2Strategy, a_cheap_one_breeds_as_a_good_one_does) {
  const auto counts =
      children(2, {outcome('0', 0.9, 10), outcome('1', 0.5, 1), outcome('2', 0.4, 12), outcome('3', 0.4, 2)});
  EXPECT_GT(counts[0], 5);
  EXPECT_GT(counts[1], 5);
  EXPECT_EQ(counts[2] + counts[3], 0);  // dominated by both, and by the cheap one
  EXPECT_EQ(counts[0] + counts[1], 64);
}

TEST(Nsga2Strategy, of_a_front_too_large_the_crowded_die) {
  // In the plane of score and cost 0-0, 1-1, 1.2-1.2, 10-10, with gaps of 1.2, 9 and infinity.
  const auto counts =
      children(3, {outcome('0', 0, 0), outcome('1', 1, 1), outcome('2', 1.2, 1.2), outcome('3', 10, 10)});
  EXPECT_EQ(counts[1], 0);
  for (const size_t i : {0u, 2u, 3u}) EXPECT_GT(counts[i], 3) << i;
}

TEST(Nsga2Strategy, the_earlier_front_wins_its_tournaments) {
  const auto counts = children(2, {outcome('0', 0.9, 1), outcome('1', 0.5, 2)});
  EXPECT_GT(counts[0], 2 * counts[1]);  // three quarters of the pairs hold the better one
  EXPECT_GT(counts[1], 3);
}

TEST(Nsga2Strategy, what_failed_is_no_parent_whatever_it_costs) {
  Outcome failed = outcome('1', std::nan(""), 0);
  failed.costs.clear();  // nobody knows
  const auto counts = children(3, {failed, outcome('2', 0.1, 5), failed});
  EXPECT_EQ(counts[1], 64);
}

}  // namespace
}  // namespace gtn
