// The rungs of successive halving: ever more steps for ever fewer candidates. Internal to gtn/search.
#pragma once

#include "gtn/search/strategies.h"

namespace gtn {

// min_steps, min_steps * eta, ... below `steps`, and `steps` at last.
std::vector<int64_t> rung_steps(int64_t min_steps, int64_t eta, int64_t steps);

// How many outcomes a rung has, failed ones too.
int64_t count_at(const std::vector<Outcome>& told, int64_t steps);

// The genotypes of the best `count` at a rung, the best first; fewer where others failed.
std::vector<std::string> best_at(const std::vector<Outcome>& told, int64_t steps, int64_t count);

}  // namespace gtn
