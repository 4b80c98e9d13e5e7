// The verb below gtn data that writes pictures.
#pragma once

#include "cli/verbs.h"

namespace gtn {

// Adds `export` to `data`.
void add_data_export(CLI::App& data, Action& chosen);

}  // namespace gtn
