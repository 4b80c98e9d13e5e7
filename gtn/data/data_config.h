// How a person's own pictures and tables are read and split.
#pragma once

#include <filesystem>
#include <string>

#include "gtn/core/config_fields.h"

namespace gtn {

struct DataConfig {
  int64_t size = 0;
  std::string label = "";
  int64_t split_seed = 1;

  bool operator==(const DataConfig&) const = default;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("size", self.size,
          "pictures of a folder: the shorter side is brought to so many pixels and the middle square kept (0: as they "
          "are where all agree on at most 64, else 32)",
          between(0, 1024));
    field("label", self.label,
          "the column of a table that names the class (empty: label, class, target, species or y, else the last one)");
    field("split_seed", self.split_seed,
          "which examples are held back for validation and test, where no folder or file says so", at_least(0));
  }
};

struct ReadOptions {
  DataConfig data{};
  // Where decoded pictures are kept for the next time; empty: nowhere. Created where it is not there.
  std::filesystem::path cache{};
  // The name that these data had before they were moved: it says whether they are a data set that everybody knows,
  // which is split in its own way. Empty: they have the one that they are opened by.
  std::string name{};
};

}  // namespace gtn
