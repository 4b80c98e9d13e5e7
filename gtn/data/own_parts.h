// Own data between reader and splits: labelled examples, in the parts that their folder or file gives.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "gtn/data/data_config.h"
#include "gtn/data/dataset.h"
#include "gtn/data/fault_groups.h"

namespace gtn {

constexpr int64_t kMostTableColumns = 10'000;  // besides the class
constexpr int64_t kMostExamples = 10'000'000;  // of a part: each carries its label as a text

// Examples of one part; empty where the part is not given.
struct OwnPart {
  Tensor images = {};                     // [N, C, H, W] as in Dataset
  Tensor labels = {};                     // [N] int64
  std::vector<std::string> sources = {};  // [N] where each came from: a file, a row

  bool given() const { return images.defined(); }
};

struct OwnParts {
  std::vector<std::string> class_names = {};
  OwnPart train = {}, validation = {}, test = {};
  std::vector<std::string> columns = {};  // of a table but the class, fit to be shown
  std::vector<std::string> remarks = {};  // what a person should know of how it was read
};

// A folder of pictures: one folder a class, in the root or in train/, test/ and, if it is there, validation/ (or val/).
// Adds to `faults` every class and file that cannot be used; the result means nothing then.
OwnParts read_pictures(const std::filesystem::path& folder, const ReadOptions& options, Faults& faults);

// An archive of numpy arrays, and one or two tables (`test` may be empty). As above.
OwnParts read_arrays(const std::filesystem::path& file, Faults& faults);
OwnParts read_tables(const std::filesystem::path& file, const std::filesystem::path& test, const DataConfig& config,
                     Faults& faults);

// Whether this file or folder is own data in one of these forms: a folder of folders, a file *.npz or *.csv (or .tsv),
// or a folder with train.csv and test.csv.
bool holds_own_data(const std::filesystem::path& path);

// All of it: reads, splits and checks. Throws a failure that lists every fault of the data at once.
// Throws a usage error for a key of `options.data` that data of this form have no use for.
OpenedDataset open_own_data(const std::string& name, const std::filesystem::path& path,
                            std::optional<int64_t> validation, const ReadOptions& options);

// The splits of what was read. What is not given is held back by `seed`, class by class: a sixth for the test, then
// `validation` images or a sixth for validation, at least one of each class. Every part is shuffled. Throws a failure
// that lists `faults` and what it adds to them: classes of too few examples, parts of different shapes.
OpenedDataset split_own_data(const std::string& name, OwnParts parts, std::optional<int64_t> validation, int64_t seed,
                             Faults& faults);

// How many examples of a class there have to be, if these parts are given: one for each part.
int64_t least_of_class(bool validation_given, bool test_given);

// Numbers the classes of parts whose labels are texts, and sets their labels. The classes are those of the training,
// whole numbers by size and other texts by their bytes; or `names`, if there are any, which labels name or count from
// 0. Adds to `faults` labels that are no class, and class names that are not plain.
void number_labels(OwnParts& parts, const std::array<std::vector<std::string>, 3>& labels,
                   const std::vector<std::string>& names, Faults& faults);

// Whether a class may be called so: UTF-8 without control characters, which would break tables.
bool is_plain_name(const std::string& name);

}  // namespace gtn
