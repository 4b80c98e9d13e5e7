#include "gtn/search/strategy.h"

#include <algorithm>
#include <stdexcept>

#include "gtn/search/strategies.h"

namespace gtn {
namespace {

// What a reader of configurations checks, for those who fill in the struct themselves.
void expect_ranges(StrategyConfig config) {
  for (const ConfigField& field : fields_of(config).fields)
    if (const auto* number = std::get_if<int64_t*>(&field.value))
      if (!field.range.contains(static_cast<double>(**number)))
        throw std::invalid_argument("make_strategy: " + field.key + " is out of its range");
}

}  // namespace

std::vector<const Outcome*> best_first(const std::vector<Outcome>& told) {
  std::vector<const Outcome*> result;
  for (const Outcome& outcome : told)
    if (!outcome.failed()) result.push_back(&outcome);
  std::stable_sort(result.begin(), result.end(),
                   [](const Outcome* a, const Outcome* b) { return a->score > b->score; });
  return result;
}

std::unique_ptr<Strategy> make_strategy(const StrategyConfig& config, const Space& space, int64_t steps,
                                        int64_t candidates, const Key& key) {
  expect_ranges(config);
  if (steps < 0 || candidates < 1)
    throw std::invalid_argument("make_strategy: steps cannot be negative, and one candidate is the least");
  const SearchSetting setting{space, steps, key};
  switch (config.kind) {
    case StrategyKind::random:
      return random_strategy(setting);
    case StrategyKind::exhaustive:
      return exhaustive_strategy(setting);
    case StrategyKind::evolution:
      return evolution_strategy(setting, config);
    case StrategyKind::local:
      return local_strategy(setting, config);
    case StrategyKind::halving:
      return halving_strategy(setting, config, candidates);
    case StrategyKind::asha:
      return asha_strategy(setting, config);
    case StrategyKind::bayesian:
      return bayesian_strategy(setting, config);
    case StrategyKind::nsga2:
      return nsga2_strategy(setting, config);
  }
  throw std::invalid_argument("make_strategy: a kind without a name");
}

}  // namespace gtn
