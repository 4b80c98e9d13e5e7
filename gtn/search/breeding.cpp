#include "gtn/search/breeding.h"

namespace gtn {

std::vector<Proposal> breed(const SearchSetting& setting, const std::vector<Outcome>& told, int64_t count,
                            int64_t population, const std::vector<const Outcome*>& parents,
                            const Tournament& tournament) {
  const auto parent = [&](const Key& key) { return parents[tournament(key)]->proposal.genotype; };
  ProposalBatch batch(setting.space, told, count);
  bool left = true;
  while (left && !batch.full()) {
    const Key key = setting.key.split(batch.position());
    const bool random = parents.empty() || batch.position() < static_cast<uint64_t>(population);
    left = random ? batch.add_random(setting.steps, key) : batch.add_mutant(parent, setting.steps, key);
  }
  return batch.proposals();
}

}  // namespace gtn
