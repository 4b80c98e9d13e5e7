#include <algorithm>

#include "gtn/search/breeding.h"

namespace gtn {
namespace {

class EvolutionStrategy final : public Strategy {
 public:
  EvolutionStrategy(const SearchSetting& setting, const StrategyConfig& config)
      : setting_(setting), population_(config.population), sample_(static_cast<uint64_t>(config.sample)) {}

  std::vector<Proposal> ask(const std::vector<Outcome>& told, int64_t count) const override {
    const std::vector<const Outcome*> alive = youngest(told);
    return breed(setting_, told, count, population_, alive, [&](const Key& key) { return best_drawn(alive, key); });
  }

 private:
  // The last `population` told, without those that failed.
  std::vector<const Outcome*> youngest(const std::vector<Outcome>& told) const {
    std::vector<const Outcome*> alive;
    for (size_t i = told.size() - std::min(told.size(), static_cast<size_t>(population_)); i < told.size(); ++i)
      if (!told[i].failed()) alive.push_back(&told[i]);
    return alive;
  }

  // Drawn with replacement, as in the paper.
  size_t best_drawn(const std::vector<const Outcome*>& alive, const Key& key) const {
    const auto draw = [&](uint64_t i) {
      return static_cast<size_t>(key.split(i).index(static_cast<int64_t>(alive.size())));
    };
    size_t best = draw(0);
    for (uint64_t i = 1; i < sample_; ++i)
      if (const size_t other = draw(i); alive[other]->score > alive[best]->score) best = other;
    return best;
  }

  SearchSetting setting_;
  int64_t population_;
  uint64_t sample_;
};

}  // namespace

std::unique_ptr<Strategy> evolution_strategy(const SearchSetting& setting, const StrategyConfig& config) {
  return std::make_unique<EvolutionStrategy>(setting, config);
}

}  // namespace gtn
