// Which verb a run is of, and whether it may be gone on with.
#pragma once

#include <string>
#include <vector>

#include "gtn/runs/run_directory.h"

namespace gtn {

// "training", "search" or "study".
std::string kind_of(const RunDirectory& run);

// The run at `path`, to go on with. Throws what RunDirectory::view() throws, and a usage error that names the right
// verb where it is of another kind.
RunDirectory view_run_of(const std::string& kind, const std::string& path);

// A copy of the configuration that a run was begun with: config.toml may be edited.
inline constexpr const char* kBegunWith = "begun.toml";

// Throws a usage error where `toml`, the resolved configuration of a run, differs from that which it was begun with in
// another key than those of `may_change`: its trials would be of two kinds. Where it has kept none nothing is said.
void check_unchanged(const RunDirectory& run, const std::string& toml, const std::vector<std::string>& may_change);

}  // namespace gtn
