#include "gtn/core/error.h"
#include "gtn/search/proposal_batch.h"
#include "gtn/search/strategies.h"

namespace gtn {
namespace {

class ExhaustiveStrategy final : public Strategy {
 public:
  explicit ExhaustiveStrategy(const SearchSetting& setting) : setting_(setting) {
    if (!setting.space.size())
      throw usage_error("space " + setting.space.name(),
                        "cannot be counted, so that exhaustive search would never end; choose another strategy");
  }

  std::vector<Proposal> ask(const std::vector<Outcome>& told, int64_t count) const override {
    ProposalBatch batch(setting_.space, told, count);
    while (batch.add_next(static_cast<int64_t>(batch.position()), setting_.steps)) {
    }
    return batch.proposals();
  }

 private:
  SearchSetting setting_;
};

}  // namespace

std::unique_ptr<Strategy> exhaustive_strategy(const SearchSetting& setting) {
  return std::make_unique<ExhaustiveStrategy>(setting);
}

}  // namespace gtn
