// The table of a study, from its folder or from a file.
#pragma once

#include <filesystem>
#include <string>

#include "gtn/search/study_table.h"

namespace gtn {

inline constexpr const char* kTruthStage = "truth";  // what the trials of real training are planned as

// Copies of the tables that a configuration names, in the folder of the run.
inline constexpr const char *kTruthsFile = "truths.json", *kEarlierFile = "earlier.json";

// The table of a study's folder, also while it is being measured: of the architectures whose truth is known and that
// every estimator has judged, or failed to judge. Throws a usage error for a run of another verb.
StudyTable table_of_run(const std::filesystem::path& run);

// That, or a table from its JSON file. Throws a failure that names what is no table, and usage errors for a path that
// is not there and, as table_of_run(), for a run of another verb.
StudyTable read_study_table(const std::filesystem::path& path);

// A table that the configuration names, from the run's copy where it has one (empty: no run yet).
StudyTable read_kept(const std::string& path, const std::filesystem::path& run, const char* copy);

}  // namespace gtn
