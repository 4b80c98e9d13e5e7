// Which architectures to try next. A strategy is a function of what it was told so far, and of nothing else: a search
// that was killed goes on by telling the same outcomes again, and the number of workers changes no decision.
//
// To add one, derive a final class, name it in make_strategy(), and call expect_strategy_contract() on it in a test.
#pragma once

#include <array>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gtn/core/config_fields.h"
#include "gtn/search/space.h"

namespace gtn {

struct Proposal {
  std::string genotype;  // canonical
  int64_t steps = 0;     // that the candidate is trained before it is scored: the fidelity

  bool operator==(const Proposal&) const = default;
};

struct Outcome {
  Proposal proposal;
  double score = -std::numeric_limits<double>::infinity();  // larger is better; minus infinity: it failed
  std::vector<double> costs = {};  // smaller is better: parameters, multiply-adds, latency; what NSGA-II weighs as well

  bool failed() const { return !(score > -std::numeric_limits<double>::infinity()); }
};

class Strategy {
 public:
  virtual ~Strategy() = default;

  // At most `count` proposals that follow `told`, all outcomes so far in the order in which their proposals were made;
  // fewer, or none, where the strategy has nothing left to try. No proposal is told already or given twice. A pure
  // function of its arguments. Throws what the space throws for a genotype that it does not know.
  virtual std::vector<Proposal> ask(const std::vector<Outcome>& told, int64_t count) const = 0;
};

enum class StrategyKind { random, exhaustive, evolution, local, halving, asha, bayesian, nsga2 };

constexpr auto names_of(StrategyKind) {
  return std::to_array<std::pair<StrategyKind, std::string_view>>({{StrategyKind::random, "random"},
                                                                   {StrategyKind::exhaustive, "exhaustive"},
                                                                   {StrategyKind::evolution, "evolution"},
                                                                   {StrategyKind::local, "local"},
                                                                   {StrategyKind::halving, "halving"},
                                                                   {StrategyKind::asha, "asha"},
                                                                   {StrategyKind::bayesian, "bayesian"},
                                                                   {StrategyKind::nsga2, "nsga2"}});
}

struct StrategyConfig {
  StrategyKind kind = StrategyKind::evolution;
  int64_t population =
      20;  // evolution and nsga2, for hundreds of candidates (Real et al., 2019, for 20,000: 100 and 25)
  int64_t sample = 5;
  int64_t eta = 3;        // halving and asha: one in so many goes on, to so many times the steps
  int64_t min_steps = 4;  // halving and asha: the first rung
  int64_t initial = 20;   // bayesian and local: random candidates before anything is modelled or climbed
  int64_t pool = 500;     // bayesian: candidates that the model ranks at each round

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("kind", self.kind, "random, exhaustive, evolution, local, halving, asha, bayesian or nsga2");
    field("population", self.population, "evolution, nsga2: candidates alive", at_least(2));
    field("sample", self.sample, "evolution: candidates of which the best becomes a parent", at_least(1));
    field("eta", self.eta, "halving, asha: one in so many goes on, to so many times the steps", at_least(2));
    field("min_steps", self.min_steps, "halving, asha: steps of the first rung", at_least(1));
    field("initial", self.initial, "bayesian, local: random candidates that come first", at_least(1));
    field("pool", self.pool, "bayesian: unseen candidates that the model ranks each time", at_least(1));
  }
};

// `space` must outlive it. `steps`: of a full estimate, which all strategies but halving and asha ask for at once.
// `candidates`: how many are planned in all, from which halving derives its first rung. Throws a usage error where
// exhaustive is asked to walk a space that cannot be counted.
std::unique_ptr<Strategy> make_strategy(const StrategyConfig& config, const Space& space, int64_t steps,
                                        int64_t candidates, const Key& key);

}  // namespace gtn
