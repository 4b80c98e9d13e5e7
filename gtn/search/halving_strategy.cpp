#include <algorithm>

#include "gtn/search/proposal_batch.h"
#include "gtn/search/rungs.h"

namespace gtn {
namespace {

class HalvingStrategy final : public Strategy {
 public:
  HalvingStrategy(const SearchSetting& setting, const StrategyConfig& config, int64_t candidates)
      : setting_(setting),
        eta_(config.eta),
        rungs_(rung_steps(config.min_steps, config.eta, setting.steps)),
        first_(largest_first(candidates)) {}

  std::vector<Proposal> ask(const std::vector<Outcome>& told, int64_t count) const override {
    ProposalBatch batch(setting_.space, told, count);
    int64_t missing = first_ - count_at(told, rungs_[0]);
    while (missing-- > 0 && batch.add_random(rungs_[0], setting_.key.split(batch.position()))) {
    }
    // A rung from which something is missing yet ends the batch: nobody knows its best.
    for (size_t i = 1; i < rungs_.size() && batch.empty(); ++i)
      for (const std::string& genotype : best_at(told, rungs_[i - 1], promoted(count_at(told, rungs_[i - 1]))))
        batch.add(genotype, rungs_[i]);
    return batch.proposals();
  }

 private:
  // Of a rung with `size` outcomes.
  int64_t promoted(int64_t size) const { return std::max<int64_t>(size / eta_, 1); }

  int64_t largest_first(int64_t candidates) const {
    const auto trials = [&](int64_t size) {
      int64_t sum = size;
      for (size_t i = 1; i < rungs_.size(); ++i) sum += size = promoted(size);
      return sum;
    };
    int64_t first = 1;
    while (trials(first + 1) <= candidates) ++first;
    return first;
  }

  SearchSetting setting_;
  int64_t eta_;
  std::vector<int64_t> rungs_;
  int64_t first_;  // candidates on the first rung
};

}  // namespace

std::unique_ptr<Strategy> halving_strategy(const SearchSetting& setting, const StrategyConfig& config,
                                           int64_t candidates) {
  return std::make_unique<HalvingStrategy>(setting, config, candidates);
}

}  // namespace gtn
