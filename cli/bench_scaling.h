// gtn bench --scaling: how seconds and memory of a meta-gradient grow with its sizes, around one small convolutional
// network.
#pragma once

#include <compare>

#include "cli/bench_measure.h"
#include "gtn/core/json.h"
#include "gtn/core/machine.h"
#include "gtn/report/panels.h"

namespace gtn {

// The sizes of a measurement.
struct ScalingCase {
  int64_t steps = 16;
  int64_t batch = 32;
  int64_t width = 32;    // channels of the first block; the second has twice as many
  int64_t learners = 1;  // meta-gradients one after another, as of a population in one meta-iteration

  auto operator<=>(const ScalingCase&) const = default;
};

struct Sweep {
  std::string name;  // "steps"
  int64_t ScalingCase::*variable;
  std::vector<int64_t> values;  // the other sizes stay those of the base
};

struct ScalingPlan {
  ScalingCase base;
  std::vector<Sweep> sweeps;
  Patience patience{.rounds = 3, .slice = 0, .enough = 1.5, .calls = 1};
  Deadline deadline;  // what it does not afford is left out
};

// About two minutes on two cores; `quick`: seconds, tiny sizes.
ScalingPlan scaling_plan(bool quick);

// Of all learners' meta-gradients together. What was not measured is none.
struct ScalingFigures {
  Figure lean_s, kept_s, autograd_s;     // trajectory alone; activations kept; autograd, one graph through all steps
  Figure lean_mb, kept_mb, autograd_mb;  // growth of the process beyond its inputs
  double bound_mb = 0;                   // trajectory, gradients at the images, three steps' activations
  double step_mb = 0;                    // what one more step adds to that: of the trajectory and the gradients
};

struct ScalingReport {
  ScalingPlan plan;
  Machine machine;
  int threads = 1;
  std::string learner;                               // text at the base width
  std::vector<std::vector<ScalingFigures>> figures;  // by sweep and value
  std::vector<std::string> skipped;
};

// `note` hears what is being measured.
ScalingReport measure_scaling(const ScalingPlan& plan, const std::function<void(const std::string&)>& note);

// The exponent p of y = c x^p by least squares on logarithms; none where fewer than two values are measured.
Figure growth_exponent(const std::vector<int64_t>& x, const std::vector<Figure>& y);

// MB by which the lean peak grows for one more step, by least squares; none where the plan sweeps no steps.
Figure lean_mb_a_step(const ScalingReport& report);

Json to_json(const ScalingReport& report);
// A table for each sweep, the exponents, and what the columns mean.
std::string to_text(const ScalingReport& report);
// Two rows, seconds and MB; a panel for each sweep.
PanelPlot to_plot(const ScalingReport& report);

}  // namespace gtn
