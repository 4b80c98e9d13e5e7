// The few places where a schedule is made.
#pragma once

#include "gtn/unroll/inner_loop.h"

namespace gtn {

enum class Decay {
  none,
  cosine,  // step t of T: the step size times (1 + cos(pi t / T)) / 2
};

Schedule make_schedule(int64_t steps, const StepSize& size, Decay decay = Decay::none,
                       InnerOptimizer optimizer = InnerOptimizer::sgd);

// Every step size times `factor`.
Schedule scaled(Schedule schedule, double factor);

int64_t steps_of(const Schedule& schedule);

}  // namespace gtn
