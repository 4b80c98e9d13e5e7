// The files of a folder of pictures, before any is opened.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "gtn/core/error.h"
#include "gtn/data/fault_groups.h"

namespace gtn {

struct PictureFile {
  std::filesystem::path path;
  std::string name;  // relative to the root
  int64_t label;
  uint64_t bytes;
  int64_t modified;  // nanoseconds, since whenever the file system counts
};

struct PictureFolder {
  std::vector<std::string> class_names;           // sorted by their bytes
  std::array<std::vector<PictureFile>, 3> parts;  // training, validation, test; sorted by name
  std::array<bool, 3> given = {true, false, false};
  int64_t left_out = 0;  // hidden files and folders, Thumbs.db and desktop.ini, which are no data

  // 16 hexadecimal digits of all names, sizes and times of change: the same files, the same digits.
  std::string fingerprint() const;
};

// Lists root/CLASS/.../FILE, or root/{train,test,validation or val}/CLASS/.../FILE where root holds train/. Adds to
// `faults`, by kind: files that stand beside the class folders, classes without files or with fewer than the splits
// need, classes that the training lacks, class names that are not plain, links that leave the folder or lead to
// folders, what is neither file nor folder, and less than 2 or more than 1,000 classes. Throws a failure where a folder
// cannot be read.
PictureFolder list_pictures(const std::filesystem::path& root, Faults& faults);

// Whether `root` is a folder with a folder in it that is not hidden.
bool has_class_folders(const std::filesystem::path& root);

}  // namespace gtn
