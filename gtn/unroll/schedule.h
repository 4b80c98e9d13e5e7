// The few places where a schedule is made.
#pragma once

#include <functional>
#include <string>

#include "gtn/unroll/optimizer.h"

namespace gtn {

enum class Decay {
  none,
  cosine,  // step t of T: the step size times (1 + cos(pi t / T)) / 2
};

// `steps` steps of this optimiser, of one size or falling from it to zero. Whoever compares gives every side the same
// optimiser: there is no default.
Schedule make_schedule(int64_t steps, const StepSize& size, InnerOptimizer optimizer, Decay decay = Decay::none);

// Step sizes worth trying with `optimizer`, given those `of_sgd`: a tenth of each where steps are divided by the root
// of the mean square gradient.
std::vector<double> step_sizes_for(InnerOptimizer optimizer, std::vector<double> of_sgd);

// A multiplier of all step sizes, for a learner of this text.
using MultiplierOf = std::function<double(const std::string& learner)>;

// Every step size times `factor`.
Schedule scaled(Schedule schedule, double factor);

int64_t steps_of(const Schedule& schedule);

}  // namespace gtn
