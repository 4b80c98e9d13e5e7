// Data sets of labelled images: checked when they enter, split the same way in every run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gtn/data/data_config.h"
#include "gtn/data/normalization.h"

namespace gtn {

constexpr size_t kMostClasses = 1000;

struct Dataset {
  std::string name;  // as a person asked for it
  // [N, C, H, W], contiguous, on the CPU: uint8, or float32 where bytes would round it: 255 is white, or the value 1 of
  // a table, whose columns are the channels of images of one pixel.
  Tensor images;
  Tensor labels;                         // [N] int64, each below classes()
  std::vector<std::string> class_names;  // [K]
  std::string fingerprint;               // see fingerprint_of

  int64_t size() const { return images.size(0); }
  int64_t classes() const { return static_cast<int64_t>(class_names.size()); }
};

struct Splits {
  Dataset train;
  Dataset validation;           // chooses between teachers, step sizes, architectures
  Dataset test;                 // read once, at the end
  Normalization normalization;  // of `train`, for all three
};

// What open_dataset gives, and where each example comes from, where that is known: a file of a folder, a row of a
// table.
struct OpenedDataset {
  Splits splits;
  std::vector<std::string> train, validation, test;  // sources; empty, or one an example
  std::vector<std::string> columns;                  // names of a table's columns but the class, where they are known
  std::vector<std::string> remarks;                  // sentences that a person should know: how pictures were fitted
};

// 16 hexadecimal digits: FNV-1a (64 bit) of the text of the images' shape, the images and the labels (one byte each; of
// labels above 255 all eight).
std::string fingerprint_of(const Tensor& images, const Tensor& labels);
// The same digits of a text.
std::string fingerprint_of(std::string text);

// A data set of these parts. Throws a failure at `name` that lists every fault: ranks or types other than above,
// different counts, no image at all, labels that have no class name.
Dataset make_dataset(std::string name, const Tensor& images, const Tensor& labels,
                     std::vector<std::string> class_names);

// Splits what came as training data by a fixed permutation, so that every run sees the same split, and measures the
// normalisation on what stays. `validation` is the number of images held back; a sixth where it is not given. Throws a
// usage error where that leaves nothing on either side.
Splits split_dataset(const Dataset& training, const Dataset& test, std::optional<int64_t> validation = std::nullopt);

// Whether a name is that of a data set that this program knows, in one of its spellings.
bool is_known_dataset(const std::string& name);

// Where data sets are looked for unless a person says otherwise: Debian's shelf, and data/ below the current folder.
std::vector<std::filesystem::path> default_data_folders();

// Opens "fashion_mnist", "mnist", "cifar10", a folder in one of the forms of gtn/data/folder_form.h (the four IDX
// files, or CIFAR-10's binary batches or pictures), or own data in one of those of gtn/data/own_parts.h: a folder of
// pictures for each class, an .npz file, or tables as CSV. A name is looked up as a subfolder of each search folder,
// and as the search folder itself where that bears the name; '-' and '_' are alike. A folder of fixed file names under
// a name that is none of these is own data too: its classes are the labels that occur, and it is split class by class.
// `validation`: images held back; where it is not given a sixth, of "cifar10" a tenth. `options` serve own data alone.
// Throws a usage error for a name that is neither, or where `options.data` says something that does not matter, and a
// failure that says which folders were searched and how to get the data, or lists every missing or broken file at once.
Splits open_dataset(const std::string& name_or_folder, const std::vector<std::filesystem::path>& search_folders,
                    std::optional<int64_t> validation = std::nullopt, const ReadOptions& options = {});

// The same with what is known of each example's origin.
OpenedDataset open_with_sources(const std::string& name_or_folder,
                                const std::vector<std::filesystem::path>& search_folders,
                                std::optional<int64_t> validation = std::nullopt, const ReadOptions& options = {});

}  // namespace gtn
