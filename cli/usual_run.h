// What gtn train and gtn preflight plan for data that a person names without a configuration.
#pragma once

#include "cli/run_config.h"
#include "gtn/data/dataset.h"

namespace gtn {

// How long such a training is meant to take where nothing else is said.
inline constexpr double kUsualMinutes = 10;

// Pixels that start from real images, with learned labels, taught by Adam to learners like those of the space convnet
// at a third of their width, two a meta-iteration: what serves most architectures in minutes, as gtn search needs it
// (docs/decisions/0012). How many meta-iterations is left to fit_iterations().
RunConfig usual_run();

// Seconds that a meta-iteration takes: up to four are tried. Throws what MetaTrainer throws.
double seconds_of_iteration(const RunConfig& config, const Splits& splits, at::Device device);

// Whether --set says how many meta-iterations there are.
bool sets_iterations(const std::vector<std::string>& settings);

// Sets outer.iterations to as many as this machine does in so many minutes, 20 at least, and has the validation split
// looked at twenty times at most, which comes on top. Returns the minutes that they take. Throws what
// seconds_of_iteration() throws.
double fit_iterations(RunConfig& config, const Splits& splits, double minutes, at::Device device);

}  // namespace gtn
