// Successive halving and its asynchronous form, rung by rung as worked out by hand.
#include <map>

#include "tests/search/strategy_contract.h"
#include "tests/search/toy_space.h"

namespace gtn {
namespace {

std::unique_ptr<Strategy> strategy(StrategyKind kind, int64_t candidates, int64_t steps = 36) {
  return make_strategy({.kind = kind, .eta = 3, .min_steps = 4}, kSpace, steps, candidates, Key(5));
}

std::map<int64_t, int64_t> rung_sizes(const std::vector<Outcome>& told) {
  std::map<int64_t, int64_t> sizes;
  for (const Outcome& outcome : told) ++sizes[outcome.proposal.steps];
  return sizes;
}

double height(const Proposal& proposal) { return summit_score(proposal.genotype); }

TEST(HalvingStrategy, rungs_are_the_largest_that_the_plan_pays_for) {
  using Sizes = std::map<int64_t, int64_t>;
  const auto sizes = [&](int64_t candidates, int64_t steps) {
    return rung_sizes(run_search(*strategy(StrategyKind::halving, candidates, steps), height, 1000).told);
  };
  EXPECT_EQ(sizes(13, 36), (Sizes{{4, 9}, {12, 3}, {36, 1}}));
  EXPECT_EQ(sizes(15, 36), (Sizes{{4, 11}, {12, 3}, {36, 1}}));
  EXPECT_EQ(sizes(16, 36), (Sizes{{4, 11}, {12, 3}, {36, 1}}));
  EXPECT_EQ(sizes(17, 36), (Sizes{{4, 12}, {12, 4}, {36, 1}}));
  EXPECT_EQ(sizes(40, 50), (Sizes{{4, 27}, {12, 9}, {36, 3}, {50, 1}}));  // the last rung has exactly the full steps
  EXPECT_EQ(sizes(6, 4), (Sizes{{4, 6}}));
  EXPECT_EQ(sizes(6, 3), (Sizes{{3, 6}}));
  EXPECT_EQ(sizes(1, 36), (Sizes{{4, 1}, {12, 1}, {36, 1}}));
}

TEST(HalvingStrategy, the_best_go_on_once_the_whole_rung_is_told) {
  const auto halving = strategy(StrategyKind::halving, 13);
  const std::vector<Proposal> first = halving->ask({}, 20);
  ASSERT_EQ(first.size(), 9u);
  const double scores[] = {5, 7, 7, 1, std::nan(""), 9, 7, 0, -1};
  std::vector<Outcome> told;
  for (size_t i = 0; i < 9; ++i) {
    if (i > 0) {
      EXPECT_EQ(halving->ask(told, 20).size(), 9 - i) << "no rung but the first";
    }
    told.push_back({first[i], scores[i]});
  }
  // 9, then the first two of the three sevens.
  const auto at = [&](size_t i, int64_t steps) { return Proposal{first[i].genotype, steps}; };
  EXPECT_EQ(halving->ask(told, 20), (std::vector<Proposal>{at(5, 12), at(1, 12), at(2, 12)}));
  told.push_back({at(5, 12), 0});
  told.push_back({at(1, 12), 1});
  EXPECT_EQ(halving->ask(told, 20), (std::vector<Proposal>{at(2, 12)}));
  told.push_back({at(2, 12), 3});
  EXPECT_EQ(halving->ask(told, 20), (std::vector<Proposal>{at(2, 36)}));
  told.push_back({at(2, 36), 3});
  EXPECT_TRUE(halving->ask(told, 20).empty());
}

TEST(HalvingStrategy, what_failed_does_not_go_on) {
  const auto told = run_search(
                        *strategy(StrategyKind::halving, 13),
                        [&, left = 2](const Proposal&) mutable { return left-- > 0 ? 1.0 : std::nan(""); }, 1000)
                        .told;
  EXPECT_EQ(rung_sizes(told), (std::map<int64_t, int64_t>{{4, 9}, {12, 2}}));
}

TEST(AshaStrategy, promotes_without_waiting) {
  const auto asha = strategy(StrategyKind::asha, 100);
  const auto fresh = [&](const std::vector<Outcome>& told, size_t count) {
    const auto proposals = asha->ask(told, static_cast<int64_t>(count));
    EXPECT_EQ(proposals.size(), count);
    for (const Proposal& proposal : proposals) EXPECT_EQ(proposal.steps, 4);
    return proposals;
  };
  std::vector<Outcome> told;
  const std::vector<Proposal> first = fresh({}, 9);
  for (size_t i = 0; i < 2; ++i) told.push_back({first[i], static_cast<double>(i)});
  fresh(told, 4);  // of two, none is in the best third
  told.push_back({first[2], 0.5});
  const auto at = [&](size_t i, int64_t steps) { return Proposal{first[i].genotype, steps}; };
  std::vector<Proposal> next = asha->ask(told, 2);
  EXPECT_EQ(next[0], at(1, 12));
  EXPECT_EQ(next[1].steps, 4);
  told.push_back({at(1, 12), 1.0});
  fresh(told, 4);  // promoted once, not again
  // The second best of six goes on although better ones came later; a third of three on the next rung then as well.
  const double scores[] = {0, 1, 0.5, 3, 2, -1, 5, 4, -2};
  for (size_t i = 3; i < 9; ++i) told.push_back({first[i], scores[i]});
  EXPECT_EQ(asha->ask(told, 3), (std::vector<Proposal>{at(6, 12), at(7, 12), at(3, 12)}));
  told.push_back({at(6, 12), 7.0});
  told.push_back({at(7, 12), 8.0});
  EXPECT_EQ(asha->ask(told, 2), (std::vector<Proposal>{at(7, 36), at(3, 12)})) << "the highest rung comes first";
}

TEST(AshaStrategy, what_failed_is_not_promoted) {
  const auto asha = strategy(StrategyKind::asha, 100);
  std::vector<Outcome> told;
  for (const Proposal& proposal : asha->ask({}, 9)) told.push_back({proposal, std::nan("")});
  for (const Proposal& proposal : asha->ask(told, 5)) EXPECT_EQ(proposal.steps, 4);
}

}  // namespace
}  // namespace gtn
