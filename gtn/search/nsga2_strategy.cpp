#include <algorithm>
#include <numeric>

#include "gtn/search/breeding.h"
#include "gtn/search/pareto.h"

namespace gtn {
namespace {

class Nsga2Strategy final : public Strategy {
 public:
  Nsga2Strategy(const SearchSetting& setting, const StrategyConfig& config)
      : setting_(setting), population_(config.population) {}

  std::vector<Proposal> ask(const std::vector<Outcome>& told, int64_t count) const override {
    const std::vector<const Outcome*> parents = survivors(told);
    const auto size = static_cast<int64_t>(parents.size());
    // Survivors are in the order of the crowded comparison: of two, the one that stands first wins.
    return breed(setting_, told, count, population_, parents, [&](const Key& key) {
      return static_cast<size_t>(std::min(key.split("one").index(size), key.split("other").index(size)));
    });
  }

 private:
  // The best `population` of all: by front, within a front the least crowded first.
  std::vector<const Outcome*> survivors(const std::vector<Outcome>& told) const {
    std::vector<const Outcome*> alive, result;
    std::vector<Objectives> points;
    for (const Outcome& outcome : told) {
      if (outcome.failed()) continue;
      alive.push_back(&outcome);
      points.push_back(outcome.costs);
      points.back().push_back(-outcome.score);
    }
    for (const std::vector<size_t>& front : non_dominated_fronts(points)) {
      const std::vector<double> distances = crowding_distances(points, front);
      std::vector<size_t> order(front.size());
      std::iota(order.begin(), order.end(), size_t{0});
      std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return distances[a] > distances[b]; });
      for (const size_t i : order) {
        if (result.size() == static_cast<size_t>(population_)) return result;
        result.push_back(alive[front[i]]);
      }
    }
    return result;
  }

  SearchSetting setting_;
  int64_t population_;
};

}  // namespace

std::unique_ptr<Strategy> nsga2_strategy(const SearchSetting& setting, const StrategyConfig& config) {
  return std::make_unique<Nsga2Strategy>(setting, config);
}

}  // namespace gtn
