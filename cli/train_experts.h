// Before a teacher is learned: experts trained on real data, and the soft labels they leave in the run's folder.
#pragma once

#include "cli/run_config.h"
#include "gtn/data/soft_labels.h"
#include "gtn/runs/run_directory.h"

namespace gtn {

// The text of the experts' learner, built once to see that it fits. Throws a usage error that names experts.learner.
std::string expert_learner(const RunConfig& config, const Shape& image, int64_t classes);

// The experts' soft labels of `images`, training images whose labels may be looked at: read from the run's folder, or
// from experts that are trained on these images alone and written there. `splits` lends validation images, on which the
// experts' accuracy is printed and logged. Throws what load_soft_labels throws, and a failure where an expert diverged.
Tensor expert_labels(const RunConfig& config, const Splits& splits, const Dataset& images, const Key& key,
                     at::Device device, const RunDirectory& directory);

}  // namespace gtn
