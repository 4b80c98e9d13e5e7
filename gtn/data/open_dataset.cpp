// From a name or a folder to Splits: finds the four files, reads them, checks them against each other.
#include <algorithm>
#include <array>
#include <set>

#include "gtn/core/error.h"
#include "gtn/data/dataset.h"
#include "gtn/data/idx.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

struct KnownDataset {
  const char* name;
  const char* remedy;
  std::vector<std::string> class_names;
};

const std::vector<KnownDataset>& known_datasets() {
  static const std::vector<KnownDataset> known = {
      {"fashion_mnist",
       "`apt install dataset-fashion-mnist` gets it",
       {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}},
      {"mnist", "`tools/fetch_data mnist` gets it", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}}};
  return known;
}

std::string with_underscores(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

const KnownDataset* find_known(const std::string& name) {
  for (const KnownDataset& known : known_datasets())
    if (with_underscores(name) == known.name) return &known;
  return nullptr;
}

enum Role : size_t { train_images, train_labels, test_images, test_labels, role_count };
constexpr std::array<const char*, role_count> kStems = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                                        "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

// The file of this stem, plain before packed; nothing where there is neither.
std::optional<fs::path> find_file(const fs::path& folder, const std::string& stem) {
  std::error_code ignored;
  for (const char* suffix : {"", ".gz"})
    if (const fs::path path = folder / (stem + suffix); fs::exists(path, ignored)) return path;
  return std::nullopt;
}

bool is_complete(const fs::path& folder) {
  return std::all_of(kStems.begin(), kStems.end(),
                     [&](const char* stem) { return find_file(folder, stem).has_value(); });
}

// The last part of a name or a path, with or without a slash at its end.
std::string last_part(const fs::path& path) {
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

// Every folder that may hold the data set, whether it exists or not.
std::vector<fs::path> candidates(const std::string& name, const std::vector<fs::path>& search_folders) {
  std::vector<fs::path> folders;
  if (!find_known(name)) folders.emplace_back(name);
  if (fs::path(name).has_parent_path()) return folders;  // a path, not a name
  std::string with_dashes = name;
  std::replace(with_dashes.begin(), with_dashes.end(), '_', '-');
  const std::set<std::string> spellings = {name, with_underscores(name), with_dashes};
  for (const fs::path& shelf : search_folders) {
    if (spellings.contains(last_part(shelf))) folders.push_back(shelf);
    for (const std::string& spelling : spellings) folders.push_back(shelf / spelling);
  }
  return folders;
}

// The first complete folder, else the first that exists (whose missing files are then named one by one).
fs::path find_folder(const std::string& name, const std::vector<fs::path>& search_folders) {
  const std::vector<fs::path> folders = candidates(name, search_folders);
  const auto complete = std::find_if(folders.begin(), folders.end(), is_complete);
  if (complete != folders.end()) return *complete;
  std::error_code ignored;
  const auto present =
      std::find_if(folders.begin(), folders.end(), [&](const auto& f) { return fs::is_directory(f, ignored); });
  if (present != folders.end()) return *present;

  std::string searched;
  for (const fs::path& folder : folders) searched += (searched.empty() ? "" : ", ") + folder.string();
  if (const KnownDataset* known = find_known(name))
    throw failure(name, "this data set is in none of the folders searched (" + searched + "); " + known->remedy);
  throw usage_error(name, "is neither a known data set (fashion_mnist, mnist) nor a folder (searched: " + searched +
                              "); give a folder with the four *-ubyte files");
}

bool is_images(Role role) { return role == train_images || role == test_images; }

// Images as [N, C, H, W], labels as [N] int64; undefined where a fault was added.
Tensor read_role(const fs::path& folder, Role role, Faults& faults) {
  const std::string stem = kStems.at(role);
  const std::optional<fs::path> path = find_file(folder, stem);
  if (!path) {
    faults.add(stem + " is missing, with and without .gz; add it");
    return {};
  }
  try {
    Tensor content = read_idx(*path);
    const std::string file = path->filename().string(), shape = to_string(shape_of(content));
    if (is_images(role) && content.dim() == 3) return content.unsqueeze(1);
    if (is_images(role) && content.dim() == 4) return content;
    if (!is_images(role) && content.dim() == 1) return content.to(at::kLong);
    faults.add(file + " holds " + (content.dim() == 1 ? "labels " : "images ") + shape + ", but " +
               (is_images(role) ? "images" : "labels") + " belong there; were two files swapped?");
  } catch (const Error& error) {
    faults.add(error.what());
  }
  return {};
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

std::vector<std::string> numbered_classes(const Tensor& labels) {
  std::vector<std::string> names;
  if (!labels.defined()) return names;
  for (int64_t k = 0; k <= largest(labels); ++k) names.push_back(std::to_string(k));
  return names;
}

}  // namespace

std::vector<fs::path> default_data_folders() { return {"/usr/share/datasets", "data"}; }

Splits open_dataset(const std::string& name_or_folder, const std::vector<fs::path>& search_folders,
                    std::optional<int64_t> validation) {
  const fs::path folder = find_folder(name_or_folder, search_folders);
  Faults faults(folder.string());
  std::array<Tensor, role_count> files;
  for (size_t role = 0; role < role_count; ++role) files[role] = read_role(folder, static_cast<Role>(role), faults);

  check_pair(files[train_images], files[train_labels], "training", faults);
  check_pair(files[test_images], files[test_labels], "test", faults);
  const Tensor &train = files[train_images], &test = files[test_images];
  if (train.defined() && test.defined() && train.sizes().slice(1) != test.sizes().slice(1))
    faults.add("training images are " + to_string(shape_of(train)) + " and test images " + to_string(shape_of(test)) +
               "; use files that belong together");
  const KnownDataset* known = find_known(last_part(name_or_folder));
  const std::vector<std::string> class_names = known ? known->class_names : numbered_classes(files[train_labels]);
  if (known) check_labels(files[train_labels], class_names.size(), "training", faults);
  if (!class_names.empty()) check_labels(files[test_labels], class_names.size(), "test", faults);
  faults.throw_if_any(ErrorKind::failure);

  const std::string name = known && known->name == with_underscores(name_or_folder) ? known->name : name_or_folder;
  return split_dataset(make_dataset(name, train, files[train_labels], class_names),
                       make_dataset(name, test, files[test_labels], class_names), validation);
}

}  // namespace gtn
