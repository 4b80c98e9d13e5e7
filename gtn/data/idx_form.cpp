#include <array>
#include <optional>

#include "gtn/data/folder_form.h"
#include "gtn/data/idx.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

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

FolderForm::Count count_files(const fs::path& folder) {
  size_t present = 0;
  for (const char* stem : kStems) present += find_file(folder, stem).has_value();
  return {present, kStems.size()};
}

bool is_images(Role role) { return role == train_images || role == test_images; }

// Images as [N, C, H, W], labels as [N] int64; undefined where a fault was added.
Tensor read_role(const fs::path& folder, Role role, std::vector<std::string>& files, Faults& faults) {
  const std::string stem = kStems.at(role);
  const std::optional<fs::path> path = find_file(folder, stem);
  if (!path) {
    faults.add(stem + " is missing, with and without .gz; add it");
    return {};
  }
  files.push_back(path->filename().string());
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

FolderParts read_files(const fs::path& folder, Faults& faults) {
  FolderParts parts;
  parts.train_images = read_role(folder, train_images, parts.files, faults);
  parts.train_labels = read_role(folder, train_labels, parts.files, faults);
  parts.test_images = read_role(folder, test_images, parts.files, faults);
  parts.test_labels = read_role(folder, test_labels, parts.files, faults);
  return parts;
}

}  // namespace

const FolderForm& idx_form() {
  static const FolderForm form{"the four *-ubyte files", count_files, read_files, {}, 6};
  return form;
}

}  // namespace gtn
