#include <algorithm>
#include <set>
#include <span>

#include "gtn/search/proposal_batch.h"
#include "gtn/search/strategies.h"

namespace gtn {
namespace {

// One climb, followed from its random start through what was told.
class Climb final {
 public:
  Climb(const Space& space, int64_t initial) : space_(space), initial_(initial) {}

  void tell(const Outcome& outcome) {
    ++length_;
    told_.insert(outcome.proposal.genotype);
    unseen_.erase(outcome.proposal.genotype);
    if (outcome.failed() || (best_ && !(outcome.score > best_->score))) return;
    best_ = &outcome;
    unseen_.clear();
    for (const std::string& neighbour : space_.neighbours(outcome.proposal.genotype))
      if (told_.count(neighbour) == 0) unseen_.insert(neighbour);
  }

  // Random candidates that it still wants.
  int64_t missing() const { return std::max<int64_t>(initial_ - length_, 0); }
  // No neighbour of the best is left, or all that it started from failed.
  bool ended() const { return missing() == 0 && unseen_.empty(); }
  void restart() {
    length_ = 0;
    best_ = nullptr;
    unseen_.clear();
  }

  // The unseen neighbours of the best so far, in an order of their own for each such centre, so that none of the
  // choices is always varied first.
  std::vector<std::string> neighbours(const Key& key) const {
    const std::vector<std::string> all = space_.neighbours(best_->proposal.genotype);
    const Tensor order = key.split(best_->proposal.genotype).permutation(static_cast<int64_t>(all.size()));
    std::vector<std::string> result;
    for (const int64_t i : std::span(order.data_ptr<int64_t>(), all.size()))
      if (const std::string& neighbour = all[static_cast<size_t>(i)]; unseen_.count(neighbour) > 0)
        result.push_back(neighbour);
    return result;
  }

 private:
  const Space& space_;
  int64_t initial_, length_ = 0;
  const Outcome* best_ = nullptr;
  std::set<std::string> told_;    // in all climbs
  std::set<std::string> unseen_;  // neighbours that no climb has visited
};

class LocalStrategy final : public Strategy {
 public:
  LocalStrategy(const SearchSetting& setting, const StrategyConfig& config)
      : setting_(setting), initial_(config.initial) {}

  std::vector<Proposal> ask(const std::vector<Outcome>& told, int64_t count) const override {
    Climb climb(setting_.space, initial_);
    for (const Outcome& outcome : told) {
      climb.tell(outcome);
      if (climb.ended()) climb.restart();
    }
    ProposalBatch batch(setting_.space, told, count);
    if (climb.missing() == 0)
      for (const std::string& neighbour : climb.neighbours(setting_.key.split("order")))
        batch.add(neighbour, setting_.steps);
    int64_t missing = climb.missing();
    while (missing-- > 0 && batch.add_random(setting_.steps, setting_.key.split(batch.position()))) {
    }
    return batch.proposals();
  }

 private:
  SearchSetting setting_;
  int64_t initial_;
};

}  // namespace

std::unique_ptr<Strategy> local_strategy(const SearchSetting& setting, const StrategyConfig& config) {
  return std::make_unique<LocalStrategy>(setting, config);
}

}  // namespace gtn
