// The data of a run: what its configuration names, read as it says.
#pragma once

#include <filesystem>
#include <vector>

#include "cli/common.h"
#include "cli/run_config.h"
#include "gtn/data/dataset.h"

namespace gtn {

// Where decoded pictures are kept: gtn/ in $XDG_CACHE_HOME, else in ~/.cache; empty where neither is known.
std::filesystem::path cache_folder();

// open_with_sources with the configuration's `dataset` and `data`, and the cache above.
OpenedDataset open_run_data(const RunConfig& config, const std::vector<std::filesystem::path>& folders);

// The same for data that a run or teacher was learned on: own data are those of their name in a folder of --data, or
// what --data names itself; else those where they were; else the first folder of --data. Throws what open_dataset
// throws, and a usage error that names --data where there is none and the data are nowhere.
Splits reopen_run_data(const RunConfig& config, const MachineFlags& machine);

// What a person should know of how data were read, a line each, on stdout.
void print_remarks(const OpenedDataset& opened);

// Of the data's images: [C, H, W].
Shape image_of(const Splits& splits);

// Puts the data into the units that the configuration asks for. Whitening takes a minute or more.
void measure_units(const RunConfig& config, Splits& splits);

// A table has neither pixels to convolve nor a picture to generate: where the configuration leaves open which learners
// are taught, they become mlp, and the images of a generator become learned directly. Returns what was changed, as a
// sentence; empty where nothing was.
std::string suit_table(RunConfig& config, const Splits& splits);

}  // namespace gtn
