// Bayesian optimisation: what the model makes of a history.
#include "tests/search/strategy_contract.h"
#include "tests/search/toy_space.h"

namespace gtn {
namespace {

std::unique_ptr<Strategy> bayesian(int64_t initial, int64_t pool) {
  const StrategyConfig config{.kind = StrategyKind::bayesian, .initial = initial, .pool = pool};
  return make_strategy(config, kSpace, kToySteps, 100, Key(5));
}

double summit(const Proposal& proposal) { return summit_score(proposal.genotype); }

double mean_score(const std::vector<Proposal>& proposals) {
  double sum = 0;
  for (const Proposal& proposal : proposals) sum += summit(proposal);
  return sum / static_cast<double>(proposals.size());
}

std::vector<Outcome> random_history(size_t count) {
  const auto random = make_strategy({.kind = StrategyKind::random}, kSpace, kToySteps, 1, Key(6));
  return run_search(*random, summit, count).told;
}

TEST(BayesianStrategy, what_it_chooses_is_better_than_what_it_has_seen) {
  const std::vector<Outcome> told = random_history(80);
  const double chance = mean_score(proposals_of(told, 0, 80));
  EXPECT_GT(mean_score(bayesian(20, 200)->ask(told, 8)), chance + 8);
  // Half of the pool are neighbours of the best; a model of scores turned round chooses badly even so.
  std::vector<Outcome> turned = told;
  for (Outcome& outcome : turned) outcome.score = -outcome.score;
  EXPECT_LT(mean_score(bayesian(20, 200)->ask(turned, 8)), chance - 4);
}

TEST(BayesianStrategy, starts_at_random_and_goes_on_so_while_all_fail) {
  const auto random = make_strategy({.kind = StrategyKind::random}, kSpace, kToySteps, 1, Key(5));
  EXPECT_EQ(bayesian(8, 50)->ask({}, 20), random->ask({}, 20));
  std::vector<Outcome> told = random_history(16);
  EXPECT_EQ(bayesian(30, 50)->ask(told, 14), random->ask(told, 14));
  EXPECT_NE(bayesian(16, 50)->ask(told, 14), random->ask(told, 14));
  for (Outcome& outcome : told) outcome.score = std::nan("");
  EXPECT_EQ(bayesian(8, 50)->ask(told, 20), random->ask(told, 20));
}

TEST(BayesianStrategy, keeps_away_from_what_failed) {
  // Whatever begins with 0 fails, the rest is equal up to a little.
  std::vector<Outcome> told = random_history(80);
  for (Outcome& outcome : told) {
    const bool fails = outcome.proposal.genotype[0] == '0';
    outcome.score = fails ? -std::numeric_limits<double>::infinity() : -0.01 * outcome.proposal.genotype[4];
  }
  for (const Proposal& proposal : bayesian(20, 200)->ask(told, 20)) EXPECT_NE(proposal.genotype[0], '0');
}

TEST(BayesianStrategy, a_batch_spreads_out) {
  // Where one thing is known, the unknown lies farthest from it, and then farthest from both.
  const std::vector<Outcome> told{{{"0-0-0-0-0-0", kToySteps}, 0.5}};
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const StrategyConfig config{.kind = StrategyKind::bayesian, .initial = 1, .pool = 300};
    const std::vector<Proposal> batch = make_strategy(config, kSpace, kToySteps, 100, Key(seed))->ask(told, 2);
    ASSERT_EQ(batch.size(), 2u);
    EXPECT_EQ(choices_apart(batch[0].genotype, batch[1].genotype), 6);
    for (const Proposal& proposal : batch) EXPECT_EQ(choices_apart(proposal.genotype, "0-0-0-0-0-0"), 6);
  }
}

TEST(BayesianStrategy, a_batch_larger_than_the_pool_is_filled_all_the_same) {
  EXPECT_EQ(bayesian(20, 4)->ask(random_history(40), 12).size(), 12u);
}

TEST(BayesianStrategy, of_a_long_history_the_best_are_modelled_however_old) {
  std::vector<Outcome> told = random_history(900);
  for (size_t i = 500; i < told.size(); ++i) told[i].score = std::nan("");  // of which nothing can be learned
  EXPECT_GT(mean_score(bayesian(20, 300)->ask(told, 8)), -5);
}

}  // namespace
}  // namespace gtn
