// From a name or a folder to Splits: finds the folder and the form of its files, reads them, checks them against each
// other.
#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "gtn/core/error.h"
#include "gtn/data/dataset.h"
#include "gtn/data/folder_form.h"
#include "gtn/data/own_parts.h"
#include "gtn/data/unread.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

struct KnownDataset {
  std::string name;
  std::vector<std::string> folders;  // that it is unpacked into besides, with underscores
  std::string remedy;
  std::vector<std::string> class_names;
};

const std::vector<KnownDataset>& known_datasets() {
  static const std::vector<KnownDataset> known = {
      {"fashion_mnist",
       {},
       "`apt install dataset-fashion-mnist` gets it",
       {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}},
      {"mnist", {}, "`tools/fetch_data mnist` gets it", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
      {"cifar10",
       {"cifar_10", "cifar_10_batches_bin"},
       "`tools/fetch_data cifar10` gets it",
       cifar10_binary_form().class_names}};
  return known;
}

// The simplest to read first.
const std::array<const FolderForm*, 3>& forms() {
  static const std::array<const FolderForm*, 3> all = {&idx_form(), &cifar10_binary_form(), &cifar10_png_form()};
  return all;
}

std::string with_underscores(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string with_dashes(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

const KnownDataset* find_known(const std::string& name) {
  const std::string spelling = with_underscores(name);
  for (const KnownDataset& known : known_datasets())
    if (spelling == known.name || std::count(known.folders.begin(), known.folders.end(), spelling) > 0) return &known;
  return nullptr;
}

bool is_complete(const fs::path& folder) {
  return std::any_of(forms().begin(), forms().end(),
                     [&](const FolderForm* form) { return form->count(folder).complete(); });
}

// Whether none of the forms with fixed file names has a file here, but one of own data has.
bool is_own(const fs::path& path) {
  return std::none_of(forms().begin(), forms().end(),
                      [&](const FolderForm* form) { return form->count(path).present > 0; }) &&
         holds_own_data(path);
}

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

// The last part of a name or a path, with or without a slash at its end.
std::string last_folder(const fs::path& path) {
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

// Every way to write the folder of this data set.
std::set<std::string> spellings_of(const std::string& name) {
  std::set<std::string> spellings = {name};
  const auto add = [&](const std::string& text) { spellings.insert({with_underscores(text), with_dashes(text)}); };
  add(name);
  if (const KnownDataset* known = find_known(name)) {
    add(known->name);
    for (const std::string& folder : known->folders) add(folder);
  }
  return spellings;
}

// Every folder that may hold the data set, whether it exists or not.
std::vector<fs::path> candidates(const std::string& name, const std::vector<fs::path>& search_folders) {
  std::vector<fs::path> folders;
  if (!find_known(name)) folders.emplace_back(name);
  if (fs::path(name).has_parent_path()) return folders;  // a path, not a name
  const std::set<std::string> spellings = spellings_of(name);
  for (const fs::path& shelf : search_folders) {
    if (spellings.contains(last_folder(shelf))) folders.push_back(shelf);
    for (const std::string& spelling : spellings) folders.push_back(shelf / spelling);
  }
  return folders;
}

// The first complete folder, else the first that exists (whose missing files are then named one by one).
fs::path find_folder(const std::string& name, const std::vector<fs::path>& search_folders) {
  const std::vector<fs::path> folders = candidates(name, search_folders);
  const auto complete = std::find_if(folders.begin(), folders.end(), is_complete);
  if (complete != folders.end()) return *complete;
  const auto own = std::find_if(folders.begin(), folders.end(), is_own);
  if (own != folders.end()) return *own;
  std::error_code ignored;
  const auto present =
      std::find_if(folders.begin(), folders.end(), [&](const auto& f) { return fs::is_directory(f, ignored); });
  if (present != folders.end()) return *present;

  std::string searched;
  for (const fs::path& folder : folders) searched += (searched.empty() ? "" : ", ") + folder.string();
  if (const KnownDataset* known = find_known(name))
    throw failure(name, "this data set is in none of the folders searched (" + searched + "); " + known->remedy);
  if (fs::path(name).extension() == ".toml") throw usage_error(name, "is a configuration; give it by --config");
  if (fs::is_regular_file(name, ignored))
    throw usage_error(name, "is a file of a kind that holds no data set; give a .npz or .csv file, or a folder");
  std::string names;
  for (const KnownDataset& known : known_datasets()) names += (names.empty() ? "" : ", ") + known.name;
  throw usage_error(
      name, "is neither a known data set (" + names + ") nor a folder (searched: " + searched +
                "); give a folder with a folder of pictures for each class, a .npz or .csv file, or a folder with the "
                "four *-ubyte files");
}

// The form whose files are all there, else the one that lacks the fewest.
const FolderForm& form_of(const fs::path& folder, const KnownDataset* known) {
  const FolderForm* best = nullptr;
  double best_share = 0;
  for (const FolderForm* form : forms()) {
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
  for (const FolderForm* form : forms()) meanings += (meanings.empty() ? "" : ", nor ") + std::string(form->meaning);
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
void refuse_keys(DataConfig data, const std::string& name, bool known) {
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
  const fs::path folder = find_folder(name_or_folder, search_folders);
  if (is_own(folder)) return open_own_data(name_or_folder, folder, validation, options);
  const KnownDataset* known = find_known(last_folder(options.name.empty() ? name_or_folder : options.name));
  refuse_keys(options.data, name_or_folder, known != nullptr);
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
