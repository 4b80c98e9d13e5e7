#include "gtn/search/proposal_batch.h"
#include "gtn/search/rungs.h"

namespace gtn {
namespace {

class AshaStrategy final : public Strategy {
 public:
  AshaStrategy(const SearchSetting& setting, const StrategyConfig& config)
      : setting_(setting), eta_(config.eta), rungs_(rung_steps(config.min_steps, config.eta, setting.steps)) {}

  std::vector<Proposal> ask(const std::vector<Outcome>& told, int64_t count) const override {
    ProposalBatch batch(setting_.space, told, count);
    for (size_t i = rungs_.size() - 1; i > 0; --i)
      for (const std::string& genotype : best_at(told, rungs_[i - 1], count_at(told, rungs_[i - 1]) / eta_))
        batch.add(genotype, rungs_[i]);
    while (batch.add_random(rungs_[0], setting_.key.split(batch.position()))) {
    }
    return batch.proposals();
  }

 private:
  SearchSetting setting_;
  int64_t eta_;
  std::vector<int64_t> rungs_;
};

}  // namespace

std::unique_ptr<Strategy> asha_strategy(const SearchSetting& setting, const StrategyConfig& config) {
  return std::make_unique<AshaStrategy>(setting, config);
}

}  // namespace gtn
