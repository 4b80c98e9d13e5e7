#include "gtn/search/proposal_batch.h"
#include "gtn/search/strategies.h"

namespace gtn {
namespace {

class RandomStrategy final : public Strategy {
 public:
  explicit RandomStrategy(const SearchSetting& setting) : setting_(setting) {}

  std::vector<Proposal> ask(const std::vector<Outcome>& told, int64_t count) const override {
    ProposalBatch batch(setting_.space, told, count);
    while (batch.add_random(setting_.steps, setting_.key.split(batch.position()))) {
    }
    return batch.proposals();
  }

 private:
  SearchSetting setting_;
};

}  // namespace

std::unique_ptr<Strategy> random_strategy(const SearchSetting& setting) {
  return std::make_unique<RandomStrategy>(setting);
}

}  // namespace gtn
