// Own data: the form that it has, and the splits that it does not give.
#include <algorithm>
#include <cmath>

#include "gtn/core/quote.h"
#include "gtn/core/random.h"
#include "gtn/data/own_parts.h"
#include "gtn/data/picture_folder.h"
#include "gtn/data/unread.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

constexpr double kHeldBack = 1.0 / 6;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool is_table_file(const fs::path& path) { return path.extension() == ".csv" || path.extension() == ".tsv"; }

OwnPart chosen(const OwnPart& part, const Tensor& indices) {
  OwnPart result{part.images.index_select(0, indices), part.labels.index_select(0, indices), {}};
  const auto* index = indices.data_ptr<int64_t>();
  if (!part.sources.empty())
    for (int64_t i = 0; i < indices.numel(); ++i) result.sources.push_back(part.sources[static_cast<size_t>(index[i])]);
  return result;
}

OwnPart shuffled(const OwnPart& part, const Key& key) { return chosen(part, key.permutation(part.labels.size(0))); }

// Takes `share` of each class out of `part`, rounded, but at least one and never all.
OwnPart hold_back(OwnPart& part, int64_t classes, double share, const Key& key) {
  Tensors held, kept;
  for (int64_t k = 0; k < classes; ++k) {
    const Tensor members = part.labels.eq(k).nonzero().view(-1);
    const int64_t count = members.numel();
    if (count == 0) continue;
    const auto wanted = static_cast<int64_t>(std::lround(share * static_cast<double>(count)));
    const int64_t out = std::min(std::max<int64_t>(wanted, 1), count - 1);
    const Tensor order = members.index_select(0, key.split(static_cast<uint64_t>(k)).permutation(count));
    held.push_back(order.narrow(0, 0, out));
    kept.push_back(order.narrow(0, out, count - out));
  }
  OwnPart result = chosen(part, at::cat(held));
  part = chosen(part, at::cat(kept));
  return result;
}

void check_shapes(const OwnPart& train, const OwnPart& other, const std::string& what, Faults& faults) {
  if (train.given() && other.given() && train.images.sizes().slice(1) != other.images.sizes().slice(1))
    faults.add("training examples are " + to_string(shape_of(train.images[0])) + " and " + what + " examples " +
               to_string(shape_of(other.images[0])) + "; use data that belong together");
}

// Every class needs an example for each part; folders of pictures are checked before they are read.
void check_classes(const OwnParts& parts, Faults& faults) {
  const auto classes = static_cast<int64_t>(parts.class_names.size());
  if (classes < 2 || classes > static_cast<int64_t>(kMostClasses)) {
    faults.add("there are " + std::to_string(classes) + " classes, but 2 to " + std::to_string(kMostClasses) +
               " are possible");
    return;
  }
  const Tensor counts = at::bincount(parts.train.labels, {}, classes);
  const int64_t least = least_of_class(parts.validation.given(), parts.test.given());
  FaultGroups groups;
  const FaultKind few{"classes of fewer than " + std::to_string(least) + " examples, one for each part",
                      parts.columns.empty() ? "add examples, or leave the classes out"
                                            : "add examples, leave the classes out, or name the column that holds "
                                              "the class by data.label"};
  for (int64_t k = 0; k < classes; ++k) {
    const auto count = counts[k].item<int64_t>();
    if (count < least)
      groups.add(few, quoted(parts.class_names[static_cast<size_t>(k)]) + ": " + std::to_string(count));
  }
  groups.add_to(faults);
}

bool is_table_folder(const fs::path& path) { return is_file(path / "train.csv") && is_file(path / "test.csv"); }

// Keys that would change nothing.
void refuse_keys(const fs::path& path, const DataConfig& data) {
  const bool table = is_file(path) ? is_table_file(path) : is_table_folder(path);
  Faults faults(path.string());
  if (data.size > 0 && (table || is_file(path)))
    faults.add("data.size is for folders of pictures; leave it out" +
               std::string(table ? "" : ", or scale the arrays yourself"));
  if (!data.label.empty() && !table) faults.add(std::string("data.label names a column of a table; leave it out"));
  faults.throw_if_any(ErrorKind::usage);
}

OwnParts read_parts(const fs::path& path, const ReadOptions& options, Faults& faults) {
  refuse_keys(path, options.data);
  if (is_file(path))
    return is_table_file(path) ? read_tables(path, {}, options.data, faults) : read_arrays(path, faults);
  if (is_table_folder(path)) {
    OwnParts parts = read_tables(path / "train.csv", path / "test.csv", options.data, faults);
    add_unread(path, {"train.csv", "test.csv"}, parts.remarks);
    return parts;
  }
  return read_pictures(path, options, faults);
}

}  // namespace

int64_t least_of_class(bool validation_given, bool test_given) { return 3 - validation_given - test_given; }

bool holds_own_data(const fs::path& path) {
  if (is_file(path)) return is_table_file(path) || path.extension() == ".npz";
  return is_table_folder(path) || has_class_folders(path);
}

OpenedDataset open_own_data(const std::string& name, const fs::path& path, std::optional<int64_t> validation,
                            const ReadOptions& options) {
  Faults faults(path.string());
  OwnParts parts = read_parts(path, options, faults);
  return split_own_data(name, std::move(parts), validation, options.data.split_seed, faults);
}

OpenedDataset split_own_data(const std::string& name, OwnParts parts, std::optional<int64_t> validation, int64_t seed,
                             Faults& faults) {
  if (parts.train.given()) check_classes(parts, faults);
  check_shapes(parts.train, parts.validation, "validation", faults);
  check_shapes(parts.train, parts.test, "test", faults);
  faults.throw_if_any(ErrorKind::failure);

  const Key key = Key(static_cast<uint64_t>(seed)).split("own data");
  const auto classes = static_cast<int64_t>(parts.class_names.size());
  if (!parts.test.given()) parts.test = hold_back(parts.train, classes, kHeldBack, key.split("test"));
  if (!parts.validation.given()) {
    const int64_t count = parts.train.labels.size(0);
    if (validation && (*validation < 1 || *validation >= count))
      throw usage_error("validation", std::to_string(*validation) + " of " + std::to_string(count) +
                                          " images cannot be held back; choose from 1 to one less than all");
    const double share = validation ? static_cast<double>(*validation) / static_cast<double>(count) : kHeldBack;
    parts.validation = hold_back(parts.train, classes, share, key.split("validation"));
  }
  OpenedDataset opened;
  const auto finish = [&](const OwnPart& part, const char* what, std::vector<std::string>& sources) {
    OwnPart mixed = shuffled(part, key.split("order").split(what));
    sources = std::move(mixed.sources);
    return make_dataset(name, mixed.images, mixed.labels, parts.class_names);
  };
  opened.splits.train = finish(parts.train, "train", opened.train);
  opened.splits.validation = finish(parts.validation, "validation", opened.validation);
  opened.splits.test = finish(parts.test, "test", opened.test);
  opened.splits.normalization = measure_normalization(opened.splits.train.images);
  opened.columns = std::move(parts.columns);
  opened.remarks = std::move(parts.remarks);
  return opened;
}

}  // namespace gtn
