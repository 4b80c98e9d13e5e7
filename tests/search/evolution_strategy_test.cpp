// Regularised evolution: who may be a parent.
#include "tests/search/strategy_contract.h"
#include "tests/search/toy_space.h"

namespace gtn {
namespace {

std::vector<Proposal> children(int64_t population, int64_t sample, const std::vector<Outcome>& told, int64_t count) {
  const StrategyConfig config{.kind = StrategyKind::evolution, .population = population, .sample = sample};
  return make_strategy(config, kSpace, kToySteps, 100, Key(5))->ask(told, count);
}

Outcome outcome(const std::string& genotype, double score) { return {{genotype, kToySteps}, score}; }

TEST(EvolutionStrategy, the_best_of_all_dies_of_age) {
  const std::vector<Outcome> told{outcome("0-0-0-0-0-0", 100), outcome("4-4-4-0-0-0", 1), outcome("4-4-4-1-1-1", 2),
                                  outcome("4-4-4-2-2-2", 3)};
  for (const auto& [genotype, steps] : children(3, 30, told, 10))
    EXPECT_EQ(choices_apart(genotype, "4-4-4-2-2-2"), 1) << genotype;
  for (const auto& [genotype, steps] : children(4, 30, told, 10))
    EXPECT_EQ(choices_apart(genotype, "0-0-0-0-0-0"), 1) << genotype;
}

TEST(EvolutionStrategy, a_small_tournament_lets_others_win) {
  const std::vector<Outcome> told{outcome("4-4-4-0-0-0", 1), outcome("4-4-4-2-2-2", 3)};
  int64_t worse = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const StrategyConfig config{.kind = StrategyKind::evolution, .population = 2, .sample = 2};
    const auto child = make_strategy(config, kSpace, kToySteps, 100, Key(seed))->ask(told, 1).at(0);
    worse += choices_apart(child.genotype, "4-4-4-0-0-0") == 1 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(worse), 50, 25);  // both draws are the worse one in a quarter of the tournaments
}

TEST(EvolutionStrategy, what_failed_is_no_parent) {
  const double failed = -std::numeric_limits<double>::infinity();
  std::vector<Outcome> told{outcome("0-0-0-0-0-0", failed), outcome("1-1-1-1-1-1", std::nan("")),
                            outcome("4-4-4-4-4-4", -1e9), outcome("2-2-2-2-2-2", failed)};
  for (const auto& [genotype, steps] : children(4, 1, told, 20))
    EXPECT_EQ(choices_apart(genotype, "4-4-4-4-4-4"), 1) << genotype;
}

TEST(EvolutionStrategy, the_first_population_is_random) {
  const StrategyConfig random{.kind = StrategyKind::random};
  EXPECT_EQ(children(10, 5, {}, 10), make_strategy(random, kSpace, kToySteps, 100, Key(5))->ask({}, 10));
}

TEST(EvolutionStrategy, a_parent_whose_neighbours_are_all_told_gives_way_to_chance) {
  std::vector<Outcome> told;
  for (const std::string& neighbour : kSpace.neighbours("0-0-0-0-0-0")) told.push_back(outcome(neighbour, -1));
  told.push_back(outcome("0-0-0-0-0-0", 1));
  EXPECT_EQ(children(2, 50, told, 8).size(), 8u);
}

}  // namespace
}  // namespace gtn
