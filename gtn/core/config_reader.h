// TOML text and settings into the fields of a config. The templates that people call are in config.h.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "gtn/core/config_fields.h"

namespace gtn {

// The text of a config file. Throws a failure where it cannot be read or is larger than 1 MiB.
std::string read_config_file(const std::filesystem::path& path);

// Writes through the fields' pointers. Throws one usage error with all faults; then some fields may have been written.
void read_fields(ConfigFields& fields, std::string_view text, const std::string& where);

// Settings "key=value" from left to right, by the same rules; errors are at `--set`.
void set_fields(ConfigFields& fields, const std::vector<std::string>& settings);

}  // namespace gtn
