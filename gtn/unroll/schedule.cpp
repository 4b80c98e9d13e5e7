#include "gtn/unroll/schedule.h"

#include <cmath>
#include <numbers>

namespace gtn {

Schedule make_schedule(int64_t steps, const StepSize& size, Decay decay, InnerOptimizer optimizer) {
  Schedule schedule{std::vector<StepSize>(static_cast<size_t>(steps), size), optimizer};
  if (decay == Decay::none) return schedule;
  for (int64_t t = 0; t < steps; ++t) {
    const double way = static_cast<double>(t) / static_cast<double>(steps);
    schedule.sizes[static_cast<size_t>(t)].lr *= 0.5 * (1 + std::cos(std::numbers::pi * way));
  }
  return schedule;
}

Schedule scaled(Schedule schedule, double factor) {
  for (StepSize& size : schedule.sizes) size.lr *= factor;
  return schedule;
}

int64_t steps_of(const Schedule& schedule) { return static_cast<int64_t>(schedule.sizes.size()); }

}  // namespace gtn
