// Drop-path: training with random summands of every sum left out, so that no path relies on another (Larsson et al.,
// 2017, FractalNet; of a residual block: Huang et al., 2016, stochastic depth; in cells: Zoph et al., 2018).
#pragma once

#include "gtn/nets/net.h"

namespace gtn {

// The same network with the same parameters, for one step on a batch of `batch` images: of every sum, each summand that
// nobody else reads, which is the output of an operation, is left out for each image alone with `probability`, and
// multiplied by 1 / (1 - probability) where it stays. What others read as well, such as the identity of a residual
// block, stays as it is. Throws std::invalid_argument where probability is not in [0, 1) or batch below one.
std::shared_ptr<const Net> with_dropped_paths(const Net& net, double probability, int64_t batch, const Key& key);

}  // namespace gtn
