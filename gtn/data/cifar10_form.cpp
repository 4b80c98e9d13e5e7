#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "gtn/core/file.h"
#include "gtn/data/cifar10.h"
#include "gtn/data/folder_form.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

constexpr std::array<const char*, 5> kTraining = {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4",
                                                  "data_batch_5"};
constexpr const char* kTest = "test_batch";
constexpr uint64_t kBatchLimit = uint64_t{256} << 20, kLabelsLimit = uint64_t{16} << 20;

const std::vector<std::string>& class_names() {
  static const std::vector<std::string> names = {"airplane", "automobile", "bird",  "cat",  "deer",
                                                 "dog",      "frog",       "horse", "ship", "truck"};
  return names;
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

size_t count_batches(const fs::path& folder, const std::string& suffix) {
  const auto present = [&](const std::string& stem) { return is_there(folder / (stem + suffix)); };
  return static_cast<size_t>(std::count_if(kTraining.begin(), kTraining.end(), present)) + present(kTest);
}

// What `decode` makes of a file, whose name is added to `files`; an empty result where a fault was added.
template <class Result>
Result read_one(const fs::path& path, uint64_t limit, Result (*decode)(std::string_view, const std::string&),
                std::vector<std::string>& files, Faults& faults) {
  if (!is_there(path)) {
    faults.add(path.filename().string() + " is missing; add it");
    return {};
  }
  files.push_back(path.filename().string());
  try {
    return decode(read_file(path, limit), path.string());
  } catch (const Error& error) {
    faults.add(error.what());
  }
  return {};
}

// One tensor of the five, which must be equally many: a batch cut short at the end of a row shows nowhere else.
// Undefined where one of them is.
Tensor join(const Tensors& batches, const std::string& suffix, Faults& faults) {
  if (!std::all_of(batches.begin(), batches.end(), [](const Tensor& batch) { return batch.defined(); })) return {};
  for (size_t i = 1; i < batches.size(); ++i)
    if (batches[i].size(0) != batches[0].size(0))
      faults.add(kTraining[i] + suffix + " holds " + std::to_string(batches[i].size(0)) + " images, but " +
                 kTraining[0] + suffix + " " + std::to_string(batches[0].size(0)) +
                 "; get another copy of the shorter one");
  return at::cat(batches);
}

FolderForm::Count count_binary(const fs::path& folder) { return {count_batches(folder, ".bin"), 6}; }

FolderParts read_binary(const fs::path& folder, Faults& faults) {
  FolderParts parts;
  const auto read = [&](const std::string& stem) {
    return read_one(folder / (stem + ".bin"), kBatchLimit, decode_cifar10_batch, parts.files, faults);
  };
  Tensors images, labels;
  for (const char* stem : kTraining) {
    const LabelledImages batch = read(stem);
    images.push_back(batch.images);
    labels.push_back(batch.labels);
  }
  const LabelledImages test = read(kTest);
  parts.train_images = join(images, ".bin", faults);
  if (parts.train_images.defined()) parts.train_labels = at::cat(labels);
  parts.test_images = test.images;
  parts.test_labels = test.labels;
  return parts;
}

// The label list of the training ("train") or test images under either spelling.
fs::path labels_path(const fs::path& folder, const std::string& part) {
  const fs::path sic = folder / (part + "_lables.json");
  return is_there(sic) ? sic : folder / (part + "_labels.json");
}

FolderForm::Count count_png(const fs::path& folder) {
  size_t present = count_batches(folder, ".png");
  for (const char* part : {"train", "test"}) present += is_there(labels_path(folder, part));
  return {present, 8};
}

FolderParts read_png(const fs::path& folder, Faults& faults) {
  FolderParts parts;
  const auto images = [&](const std::string& stem) {
    return read_one(folder / (stem + ".png"), kBatchLimit, decode_cifar10_png, parts.files, faults);
  };
  const auto labels = [&](const std::string& part) {
    return read_one(labels_path(folder, part), kLabelsLimit, decode_cifar10_labels, parts.files, faults);
  };
  Tensors batches;
  for (const char* stem : kTraining) batches.push_back(images(stem));
  parts.train_images = join(batches, ".png", faults);
  parts.test_images = images(kTest);
  parts.train_labels = labels("train");
  parts.test_labels = labels("test");
  return parts;
}

}  // namespace

const FolderForm& cifar10_binary_form() {
  static const FolderForm form{"CIFAR-10's six *_batch*.bin files", count_binary, read_binary, class_names(), 10};
  return form;
}

const FolderForm& cifar10_png_form() {
  static const FolderForm form{"CIFAR-10's six *_batch*.png files with their two lists of labels", count_png, read_png,
                               class_names(), 10};
  return form;
}

}  // namespace gtn
