// What evolution and NSGA-II have in common. Internal to gtn/search.
#pragma once

#include "gtn/search/proposal_batch.h"
#include "gtn/search/strategies.h"

namespace gtn {

// Chooses the index of a parent among those that may breed, counted from 0.
using Tournament = std::function<size_t(const Key&)>;

// `population` random candidates first, then mutants of the winners of tournaments among `parents`; random ones too
// where there are no parents.
std::vector<Proposal> breed(const SearchSetting& setting, const std::vector<Outcome>& told, int64_t count,
                            int64_t population, const std::vector<const Outcome*>& parents,
                            const Tournament& tournament);

}  // namespace gtn
