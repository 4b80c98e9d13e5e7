// A teacher that begins where another ended.
#pragma once

#include <vector>

#include "cli/run_config.h"
#include "gtn/core/archive.h"
#include "gtn/data/dataset.h"

namespace gtn {

// The parameters that `config.start` names, as Teacher::load takes them; none where it names nothing. A compact
// artefact keeps none: what its batches and step sizes are gives those of a teacher of pixels. Throws a usage error
// where that teacher was learned on other data or another preprocessing, and what find_artefact throws.
std::vector<NamedTensor> read_start(const RunConfig& config, const Splits& splits);

}  // namespace gtn
