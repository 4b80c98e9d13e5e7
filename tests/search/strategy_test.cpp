// Every strategy against the contract, and those that learn against chance.
#include "gtn/search/strategy.h"

#include "tests/core/expect_error.h"
#include "tests/search/strategy_contract.h"
#include "tests/search/toy_space.h"

namespace gtn {
namespace {

StrategyConfig small_config(StrategyKind kind) {
  return {.kind = kind, .population = 6, .sample = 3, .eta = 2, .min_steps = 8, .initial = 5, .pool = 12};
}

TEST(Strategy, every_one_holds_to_the_contract) {
  for (const auto& [kind, name] : names_of(StrategyKind{}))
    for (const ToySpace& space : {ToySpace(3, 3), ToySpace(2, 5), ToySpace(1, 1)})
      expect_strategy_contract(small_config(kind), space);
}

TEST(Strategy, those_that_need_no_count_hold_to_it_without) {
  for (const auto& [kind, name] : names_of(StrategyKind{}))
    if (kind != StrategyKind::exhaustive) expect_strategy_contract(small_config(kind), ToySpace(3, 3, Counted::no));
}

TEST(Strategy, those_that_learn_beat_chance_at_equal_budget) {
  const ToySpace space(6, 5);
  const auto mean_best = [&](StrategyKind kind) {
    const StrategyConfig config{.kind = kind, .population = 20, .sample = 8, .initial = 10, .pool = 60};
    double sum = 0;
    for (uint64_t seed = 0; seed < 6; ++seed) {
      const auto strategy = make_strategy(config, space, 32, 80, Key(seed));
      sum += best_score(run_search(
                            *strategy, [](const Proposal& p) { return summit_score(p.genotype); }, 80)
                            .told);
    }
    return sum / 6;
  };
  const double chance = mean_best(StrategyKind::random);
  EXPECT_LT(chance, -2);  // the summit, 0, is out of its reach
  EXPECT_GT(mean_best(StrategyKind::evolution), chance + 1);
  EXPECT_GT(mean_best(StrategyKind::local), chance + 1);
  EXPECT_GT(mean_best(StrategyKind::bayesian), chance + 1);
}

TEST(Strategy, an_unknown_genotype_is_what_the_space_says) {
  const ToySpace space(3, 3);
  const auto strategy = make_strategy(small_config(StrategyKind::evolution), space, 32, 20, Key(1));
  const std::vector<Outcome> told(6, Outcome{{"a-b-c", 32}, 1.0});
  expect_error([&] { strategy->ask(told, 1); }, ErrorKind::usage, {"a-b-c", "none of the toy space"});
}

TEST(Strategy, numbers_out_of_range_are_the_callers_mistake) {
  const ToySpace space(3, 3);
  StrategyConfig config = small_config(StrategyKind::asha);
  config.eta = 1;
  EXPECT_EQ(message_of<std::invalid_argument>([&] { make_strategy(config, space, 32, 20, Key(1)); }),
            "make_strategy: eta is out of its range");
  config.eta = 2;
  EXPECT_THROW(make_strategy(config, space, -1, 20, Key(1)), std::invalid_argument);
  EXPECT_THROW(make_strategy(config, space, 32, 0, Key(1)), std::invalid_argument);
}

}  // namespace
}  // namespace gtn
