// Measured seconds: what a clock on this machine says, and so never a pure function. Whatever else runs here is
// measured too.
#pragma once

#include <functional>

#include "gtn/nets/net.h"

namespace gtn {

// Wall-clock seconds that `task` takes.
double seconds_of(const std::function<void()>& task);

// Seconds for one image of an evaluation pass on `batch` of them: the median of `repeats` passes, after two whose time
// does not count. Parameters and images are random, since what they hold does not matter. It takes the threads that
// LibTorch has here and now: alone, not inside side_by_side(), all of them. Throws std::invalid_argument where a number
// is below one.
double latency(const Net& net, int64_t batch, int64_t repeats = 15, at::Device device = at::kCPU);

}  // namespace gtn
