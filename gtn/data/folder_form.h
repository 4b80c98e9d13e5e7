// The forms in which a data set may lie in a folder. Each form knows its files; open_dataset finds out which one is
// there.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gtn/core/error.h"
#include "gtn/core/tensor.h"

namespace gtn {

// What a folder holds; a part is undefined where it was missing or broken.
struct FolderParts {
  Tensor train_images, test_images;  // [N, C, H, W] uint8
  Tensor train_labels, test_labels;  // [N] int64
  std::vector<std::string> files;    // the names of those that were read
};

struct FolderForm {
  const char* meaning;  // of its files, for messages
  // How many of its files are there, of how many.
  struct Count {
    size_t present, all;
    bool complete() const { return present == all; }
  };
  Count (*count)(const std::filesystem::path& folder);
  // Reads every file; adds a fault for each that is missing or broken.
  FolderParts (*read)(const std::filesystem::path& folder, Faults& faults);
  std::vector<std::string> class_names;  // empty: those of the data set, else its labels
  int64_t validation_share;              // one image of so many is held back where nobody says otherwise
};

// {train,t10k}-{images-idx3,labels-idx1}-ubyte, plain or .gz; images may have four dimensions.
const FolderForm& idx_form();

// CIFAR-10 as its authors give it: data_batch_1.bin to data_batch_5.bin and test_batch.bin, rows of 3073 bytes.
const FolderForm& cifar10_binary_form();

// CIFAR-10 as pictures: the same names with .png, a row of 1024 pixels an image, and their labels as JSON lists in
// train_labels.json and test_labels.json (or _lables, as one package spells them).
const FolderForm& cifar10_png_form();

}  // namespace gtn
