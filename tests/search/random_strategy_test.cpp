// Uniform sampling without repetition, and the walk through the whole space.
#include <map>

#include "tests/core/expect_error.h"
#include "tests/search/strategy_contract.h"
#include "tests/search/toy_space.h"

namespace gtn {
namespace {

double nothing(const Proposal&) { return 0; }

TEST(RandomStrategy, the_size_of_a_batch_changes_nothing) {
  const ToySpace space(3, 4);
  const auto strategy = make_strategy({.kind = StrategyKind::random}, space, 9, 1, Key(3));
  const auto one_by_one = run_search(*strategy, nothing, 64, 1).told;
  EXPECT_EQ(proposals_of(one_by_one, 0, 64), strategy->ask({}, 64));
}

TEST(RandomStrategy, is_uniform) {
  const ToySpace space(2, 3);
  std::map<std::string, int> firsts;
  for (uint64_t seed = 0; seed < 900; ++seed)
    ++firsts[make_strategy({.kind = StrategyKind::random}, space, 9, 1, Key(seed))->ask({}, 1)[0].genotype];
  EXPECT_EQ(firsts.size(), 9u);
  for (const auto& [genotype, count] : firsts) EXPECT_NEAR(count, 100, 40) << genotype;  // four deviations
}

TEST(RandomStrategy, finds_the_last_ones_of_a_large_space) {
  const ToySpace space(6, 5);
  std::vector<Outcome> told;
  for (int64_t i = 0; i < *space.size(); ++i)
    if (i != 77 && i != 12345) told.push_back({{space.at(i), 9}, 0.0});
  std::vector<Proposal> left = make_strategy({.kind = StrategyKind::random}, space, 9, 1, Key(3))->ask(told, 8);
  ASSERT_EQ(left.size(), 2u);
  if (left[0].genotype != space.at(77)) std::swap(left[0], left[1]);
  EXPECT_EQ(left, (std::vector<Proposal>{{space.at(77), 9}, {space.at(12345), 9}}));
}

TEST(RandomStrategy, the_same_genotype_with_other_steps_is_another_proposal) {
  const ToySpace space(1, 2);
  const auto strategy = make_strategy({.kind = StrategyKind::random}, space, 9, 1, Key(3));
  EXPECT_EQ(strategy->ask({{{"0", 4}, 0.0}, {{"1", 9}, 0.0}}, 8), (std::vector<Proposal>{{"0", 9}}));
}

TEST(ExhaustiveStrategy, walks_in_the_order_of_the_space) {
  const ToySpace space(2, 3);
  const auto strategy = make_strategy({.kind = StrategyKind::exhaustive}, space, 9, 1, Key(3));
  const auto told = run_search(*strategy, nothing, 100, 4).told;
  ASSERT_EQ(told.size(), 9u);
  for (int64_t i = 0; i < 9; ++i) EXPECT_EQ(told[static_cast<size_t>(i)].proposal, (Proposal{space.at(i), 9}));
}

TEST(ExhaustiveStrategy, skips_what_another_search_told_and_leaves_nothing_out) {
  const ToySpace space(1, 4);
  const auto strategy = make_strategy({.kind = StrategyKind::exhaustive}, space, 9, 1, Key(3));
  const std::vector<Outcome> told{{{"3", 9}, 0.0}, {{"1", 9}, 0.0}};
  EXPECT_EQ(strategy->ask(told, 8), (std::vector<Proposal>{{"2", 9}, {"0", 9}}));
}

TEST(ExhaustiveStrategy, a_space_that_cannot_be_counted_is_an_error) {
  const ToySpace space(2, 3, Counted::no);
  expect_error([&] { make_strategy({.kind = StrategyKind::exhaustive}, space, 9, 1, Key(3)); }, ErrorKind::usage,
               {"space toy", "cannot be counted", "choose another"});
}

}  // namespace
}  // namespace gtn
