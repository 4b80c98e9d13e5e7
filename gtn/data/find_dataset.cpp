#include "gtn/data/find_dataset.h"

#include <algorithm>
#include <set>

#include "gtn/core/error.h"
#include "gtn/data/own_parts.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

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

std::string with_underscores(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string with_dashes(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

bool is_complete(const fs::path& folder) {
  return std::any_of(folder_forms().begin(), folder_forms().end(),
                     [&](const FolderForm* form) { return form->count(folder).complete(); });
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

}  // namespace

const KnownDataset* find_known(const std::string& name) {
  const std::string spelling = with_underscores(name);
  for (const KnownDataset& known : known_datasets())
    if (spelling == known.name || std::count(known.folders.begin(), known.folders.end(), spelling) > 0) return &known;
  return nullptr;
}

const std::array<const FolderForm*, 3>& folder_forms() {
  static const std::array<const FolderForm*, 3> all = {&idx_form(), &cifar10_binary_form(), &cifar10_png_form()};
  return all;
}

std::string last_folder(const fs::path& path) {
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

bool is_own_data(const fs::path& path) {
  return std::none_of(folder_forms().begin(), folder_forms().end(),
                      [&](const FolderForm* form) { return form->count(path).present > 0; }) &&
         holds_own_data(path);
}

fs::path find_dataset(const std::string& name, const std::vector<fs::path>& search_folders) {
  const std::vector<fs::path> folders = candidates(name, search_folders);
  const auto complete = std::find_if(folders.begin(), folders.end(), is_complete);
  if (complete != folders.end()) return *complete;
  const auto own = std::find_if(folders.begin(), folders.end(), is_own_data);
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

}  // namespace gtn
