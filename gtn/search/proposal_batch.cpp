#include "gtn/search/proposal_batch.h"

namespace gtn {
namespace {

constexpr uint64_t kDraws = 200;   // of random genotypes, before the space is walked through
constexpr uint64_t kMutants = 20;  // before a random genotype takes their place

}  // namespace

ProposalBatch::ProposalBatch(const Space& space, const std::vector<Outcome>& told, int64_t count)
    : space_(space), told_(told.size()), count_(count) {
  for (const auto& [proposal, score, costs] : told) seen_.emplace(proposal.genotype, proposal.steps);
}

bool ProposalBatch::add(const std::string& genotype, int64_t steps) {
  if (full() || !seen_.emplace(genotype, steps).second) return false;
  proposals_.push_back({genotype, steps});
  return true;
}

bool ProposalBatch::add_random(int64_t steps, const Key& key) {
  if (full()) return false;
  for (uint64_t i = 0; i < kDraws; ++i)
    if (add(space_.sample(key.split("draw").split(i)), steps)) return true;
  const auto size = space_.size();
  return size && *size > 0 && add_next(key.split("start").index(*size), steps);
}

bool ProposalBatch::add_mutant(const std::function<std::string(const Key&)>& parent, int64_t steps, const Key& key) {
  if (full()) return false;
  for (uint64_t i = 0; i < kMutants; ++i) {
    const Key own = key.split("mutant").split(i);
    if (add(mutate(space_, parent(own.split("parent")), own.split("mutation")), steps)) return true;
  }
  return add_random(steps, key);
}

bool ProposalBatch::add_next(int64_t start, int64_t steps) {
  const int64_t size = space_.size().value();
  for (int64_t i = 0; i < size && !full(); ++i)
    if (add(space_.at((start + i) % size), steps)) return true;
  return false;
}

}  // namespace gtn
