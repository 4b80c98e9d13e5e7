// Where a data set lies: the names that are known, and the folders that may hold one.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "gtn/data/folder_form.h"

namespace gtn {

// A data set that everybody has, by its name.
struct KnownDataset {
  std::string name;
  std::vector<std::string> folders;  // that it is unpacked into besides, with underscores
  std::string remedy;
  std::vector<std::string> class_names;
};

// By any of its spellings; nullptr where nobody knows the name.
const KnownDataset* find_known(const std::string& name);

// The forms of fixed file names, the simplest to read first.
const std::array<const FolderForm*, 3>& folder_forms();

// The last part of a name or a path, with or without a slash at its end.
std::string last_folder(const std::filesystem::path& path);

// Whether none of the forms with fixed file names has a file here, but one of own data has.
bool is_own_data(const std::filesystem::path& path);

// The first folder that is complete, else the first that holds own data, else the first that exists (whose missing
// files are then named one by one), among the path itself and, for a name, those of `search_folders` that are called
// so. Throws a failure that says how to get a known data set, and a usage error for what is no data.
std::filesystem::path find_dataset(const std::string& name, const std::vector<std::filesystem::path>& search_folders);

}  // namespace gtn
