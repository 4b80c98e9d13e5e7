// From a name or a folder to Splits: the form of its files, what they hold, and whether it fits together.
#include <algorithm>
#include <cctype>

#include "gtn/core/error.h"
#include "gtn/data/dataset.h"
#include "gtn/data/find_dataset.h"
#include "gtn/data/own_parts.h"
#include "gtn/data/unread.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

// Whether files in the folder itself have names of pictures.
bool holds_pictures(const fs::path& folder) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    std::string extension = entry.path().extension().string();
    std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
    if (extension == ".png" || extension == ".jpg" || extension == ".jpeg") return true;
  }
  return false;
}

// The form whose files are all there, else the one that lacks the fewest.
const FolderForm& form_of(const fs::path& folder, const KnownDataset* known) {
  const FolderForm* best = nullptr;
  double best_share = 0;
  for (const FolderForm* form : folder_forms()) {
    const FolderForm::Count count = form->count(folder);
    const double share = static_cast<double>(count.present) / static_cast<double>(count.all);
    if (share > best_share) best = form, best_share = share;
  }
  if (best) return *best;
  if (!known && holds_pictures(folder))
    throw failure(
        folder.string(),
        "holds pictures, but no folders: each class needs a folder of its pictures; or give the folder above");
  std::string meanings;
  for (const FolderForm* form : folder_forms())
    meanings += (meanings.empty() ? "" : ", nor ") + std::string(form->meaning);
  throw failure(folder.string(),
                "holds no data set: neither " + meanings + "; " +
                    (known ? known->remedy
                           : "put the files of one of these forms into it, or a folder of pictures for each class"));
}

void check_pair(const Tensor& images, const Tensor& labels, const std::string& what, Faults& faults) {
  if (images.defined() && labels.defined() && images.size(0) != labels.size(0))
    faults.add("there are " + std::to_string(images.size(0)) + " " + what + " images but " +
               std::to_string(labels.size(0)) + " " + what + " labels; use files that belong together");
}

int64_t largest(const Tensor& labels) { return labels.max().item<int64_t>(); }

void check_labels(const Tensor& labels, size_t classes, const std::string& what, Faults& faults) {
  if (labels.defined() && largest(labels) >= static_cast<int64_t>(classes))
    faults.add("the " + what + " labels go up to " + std::to_string(largest(labels)) + ", but there are only " +
               std::to_string(classes) + " classes; correct the labels");
}

// The labels as numbers, or by the names that these have.
std::vector<std::string> texts_of(const Tensor& labels, const std::vector<std::string>& names) {
  std::vector<std::string> texts;
  for (int64_t i = 0; i < labels.size(0); ++i) {
    const int64_t label = labels.data_ptr<int64_t>()[i];
    texts.push_back(names.empty() ? std::to_string(label) : names.at(static_cast<size_t>(label)));
  }
  return texts;
}

// A person's own data in a form of fixed file names: its classes are the labels that occur.
OwnParts own_parts(const FolderParts& read, const FolderForm& form, Faults& faults) {
  OwnParts parts;
  parts.train.images = read.train_images;
  parts.test.images = read.test_images;
  const auto texts = [&](const Tensor& labels) { return texts_of(labels, form.class_names); };
  number_labels(parts, {texts(read.train_labels), {}, texts(read.test_labels)}, {}, faults);
  return parts;
}

// Keys that change nothing: the splits of a data set that everybody knows are the same for everybody.
void refuse_own_keys(DataConfig data, const std::string& name, bool known) {
  if (!known) data.split_seed = DataConfig().split_seed;
  if (data != DataConfig())
    throw usage_error("data", (known ? "size, label and split_seed" : "size and label") +
                                  (" are for pictures, tables and arrays of your own; " + name) +
                                  " has files of a fixed form, leave them out");
}

}  // namespace

bool is_known_dataset(const std::string& name) { return find_known(name) != nullptr; }

std::vector<fs::path> default_data_folders() { return {"/usr/share/datasets", "data"}; }

OpenedDataset open_with_sources(const std::string& name_or_folder, const std::vector<fs::path>& search_folders,
                                std::optional<int64_t> validation, const ReadOptions& options) {
  const fs::path folder = find_dataset(name_or_folder, search_folders);
  if (is_own_data(folder)) return open_own_data(name_or_folder, folder, validation, options);
  const KnownDataset* known = find_known(last_folder(options.name.empty() ? name_or_folder : options.name));
  refuse_own_keys(options.data, name_or_folder, known != nullptr);
  const FolderForm& form = form_of(folder, known);
  Faults faults(folder.string());
  const FolderParts parts = form.read(folder, faults);
  const auto& [train, test, train_labels, test_labels, files] = parts;
  std::vector<std::string> remarks;
  add_unread(folder, files, remarks);

  check_pair(train, train_labels, "training", faults);
  check_pair(test, test_labels, "test", faults);
  if (!known) {
    OwnParts own = faults.empty() ? own_parts(parts, form, faults) : OwnParts{};
    own.remarks = std::move(remarks);
    return split_own_data(name_or_folder, std::move(own), validation, options.data.split_seed, faults);
  }
  if (train.defined() && test.defined() && train.sizes().slice(1) != test.sizes().slice(1))
    faults.add("training images are " + to_string(shape_of(train)) + " and test images " + to_string(shape_of(test)) +
               "; use files that belong together");
  const std::vector<std::string>& class_names = known->class_names;
  check_labels(train_labels, class_names.size(), "training", faults);
  check_labels(test_labels, class_names.size(), "test", faults);
  faults.throw_if_any(ErrorKind::failure);

  const bool by_name = !fs::path(name_or_folder).has_parent_path();
  const std::string name = by_name ? known->name : name_or_folder;
  const int64_t share = std::max<int64_t>(train.size(0) / form.validation_share, 1);
  return {.splits = split_dataset(make_dataset(name, train, train_labels, class_names),
                                  make_dataset(name, test, test_labels, class_names), validation.value_or(share)),
          .train = {},
          .validation = {},
          .test = {},
          .columns = {},
          .remarks = std::move(remarks)};
}

Splits open_dataset(const std::string& name_or_folder, const std::vector<fs::path>& search_folders,
                    std::optional<int64_t> validation, const ReadOptions& options) {
  return open_with_sources(name_or_folder, search_folders, validation, options).splits;
}

}  // namespace gtn
