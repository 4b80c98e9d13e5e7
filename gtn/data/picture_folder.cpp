#include "gtn/data/picture_folder.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "gtn/core/quote.h"
#include "gtn/data/own_parts.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

const FaultKind kStray{"files beside the class folders", "move them into a class folder, or away"};
const FaultKind kBesideParts{"entries beside train/, validation/ (or val/) and test/", "move them away"};
const FaultKind kNoPictures{"classes without pictures", "add some, or remove the folders"};
const FaultKind kUntaught{"classes that train/ lacks", "add pictures of them to train/, or remove the folders"};
const FaultKind kOddName{"class names that are not UTF-8 or hold line breaks or other control characters",
                         "rename the folders"};
const FaultKind kLeaving{"links that leave the folder", "put the files themselves there"};
const FaultKind kLinkedFolder{"links to folders", "put the folders themselves there"};
const FaultKind kNoFile{"entries that are neither files nor folders, or links to nothing", "remove them"};

constexpr std::array<std::string_view, 3> kPartNames = {"train", "validation", "test"};

bool is_left_out(const std::string& name) {
  return name.starts_with(".") || name == "Thumbs.db" || name == "desktop.ini";
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_link(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_symlink(ignored);
}

class Lister {
 public:
  explicit Lister(const fs::path& root) : root_(root), canonical_(fs::canonical(root)) {}

  // The class folders of one part.
  void list_part(size_t part, const fs::path& folder) {
    result_.given.at(part) = true;
    for (const fs::directory_entry& entry : sorted(folder)) {
      if (is_folder(entry.path()) && !is_link(entry))
        list_class(part, entry);
      else
        groups_.add(is_link(entry) ? linked(entry) : kStray, shown(entry));
    }
  }

  // root/train/, and what stands beside it.
  void list_given_parts() {
    const bool shortened = is_folder(root_ / "val");
    for (const fs::directory_entry& entry : sorted(root_)) {
      const std::string name = entry.path().filename().string();
      const auto part = std::ranges::find(kPartNames, shortened && name == "val" ? kPartNames[1] : name);
      const bool used = part != kPartNames.end() && (name != kPartNames[1] || !shortened);
      if (used && is_folder(entry.path()) && !is_link(entry))
        list_part(static_cast<size_t>(part - kPartNames.begin()), entry.path());
      else
        groups_.add(kBesideParts, shown(entry));
    }
  }

  // Numbers the classes, which those of the training are.
  PictureFolder finish(Faults& faults) && {
    for (const auto& [name, files] : classes_[0]) {
      result_.class_names.push_back(name);
      if (!is_plain_name(name)) groups_.add(kOddName, quoted(name));
    }
    for (size_t part = 0; part < classes_.size(); ++part) number(part);
    check_counts(faults);
    groups_.add_to(faults);
    return std::move(result_);
  }

 private:
  std::string shown(const fs::directory_entry& entry) const {
    return quoted(entry.path().lexically_relative(root_).string());
  }

  // In the order of their names, without those that are no data.
  std::vector<fs::directory_entry> sorted(const fs::path& folder) {
    std::vector<fs::directory_entry> entries;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      if (is_left_out(it->path().filename().string()))
        ++result_.left_out;
      else
        entries.push_back(*it);
    }
    if (error) throw failure(folder.string(), "cannot be listed (" + error.message() + "); make it readable");
    std::ranges::sort(entries, {}, [](const fs::directory_entry& entry) { return entry.path().native(); });
    return entries;
  }

  // What is wrong with a link where a class folder should be; kStray where it leads to a file within the root.
  const FaultKind& linked(const fs::directory_entry& entry) const {
    std::error_code error;
    const fs::path target = fs::canonical(entry.path(), error);
    if (error) return kNoFile;
    const fs::path inside = target.lexically_relative(canonical_);
    if (inside.empty() || *inside.begin() == "..") return kLeaving;
    return is_folder(target) ? kLinkedFolder : kStray;
  }

  void list_class(size_t part, const fs::directory_entry& folder) {
    std::vector<PictureFile>& files = classes_.at(part)[folder.path().filename().string()];
    std::vector<fs::path> open = {folder.path()};
    while (!open.empty()) {
      const fs::path here = open.back();
      open.pop_back();
      for (const fs::directory_entry& entry : sorted(here)) add(entry, files, open);
    }
    std::ranges::sort(files, {}, &PictureFile::name);
  }

  void add(const fs::directory_entry& entry, std::vector<PictureFile>& files, std::vector<fs::path>& open) {
    std::error_code error;
    if (is_link(entry)) {
      const FaultKind& kind = linked(entry);
      if (!(kind == kStray)) return groups_.add(kind, shown(entry));
    } else if (entry.is_directory(error)) {
      open.push_back(entry.path());
      return;
    }
    if (!entry.is_regular_file(error)) return groups_.add(kNoFile, shown(entry));
    const uint64_t bytes = entry.file_size(error);
    const auto changed = entry.last_write_time(error).time_since_epoch();
    if (error) throw failure(entry.path().string(), "cannot be looked at (" + error.message() + ")");
    files.push_back({entry.path(), entry.path().lexically_relative(root_).string(), 0, bytes,
                     std::chrono::duration_cast<std::chrono::nanoseconds>(changed).count()});
  }

  void number(size_t part) {
    for (auto& [name, files] : classes_.at(part)) {
      const auto place = std::ranges::lower_bound(result_.class_names, name);
      if (place == result_.class_names.end() || *place != name)
        groups_.add(kUntaught, quoted((fs::path(kPartNames.at(part)) / name).string()));
      if (files.empty()) groups_.add(kNoPictures, quoted(name));
      for (PictureFile& file : files) {
        file.label = place - result_.class_names.begin();
        result_.parts.at(part).push_back(std::move(file));
      }
    }
  }

  void check_counts(Faults& faults) {
    const size_t classes = result_.class_names.size();
    if (classes < 2 || classes > kMostClasses)
      faults.add("there are " + std::to_string(classes) + " class folders, but 2 to " + std::to_string(kMostClasses) +
                 " are possible; give each class a folder of its own");
    std::vector<int64_t> counts(classes);
    for (const PictureFile& file : result_.parts[0]) ++counts[static_cast<size_t>(file.label)];
    const int64_t least = least_of_class(result_.given[1], result_.given[2]);
    const FaultKind few{"classes of fewer than " + std::to_string(least) + " pictures, one for each part",
                        "add pictures, or remove the folders"};
    for (size_t k = 0; k < classes; ++k)
      if (counts[k] > 0 && counts[k] < least)
        groups_.add(few, gtn::quoted(result_.class_names[k]) + ": " + std::to_string(counts[k]));
  }

  fs::path root_, canonical_;
  std::array<std::map<std::string, std::vector<PictureFile>>, 3> classes_;
  PictureFolder result_;
  FaultGroups groups_;
};

}  // namespace

std::string PictureFolder::fingerprint() const {
  std::string text;
  for (const auto& part : parts) {
    for (const PictureFile& file : part)
      text.append(file.name)
          .append(1, '\0')
          .append(std::to_string(file.bytes))
          .append(1, ' ')
          .append(std::to_string(file.modified) + '\n');
    text += '\f';
  }
  return fingerprint_of(std::move(text));
}

PictureFolder list_pictures(const fs::path& root, Faults& faults) {
  Lister lister(root);
  if (has_class_folders(root / kPartNames[0]))  // else it may be the class of railway pictures
    lister.list_given_parts();
  else
    lister.list_part(0, root);
  return std::move(lister).finish(faults);
}

bool has_class_folders(const fs::path& root) {
  std::error_code error;
  for (fs::directory_iterator it(root, error), end; !error && it != end; it.increment(error))
    if (!it->path().filename().string().starts_with(".") && it->is_directory(error)) return true;
  return false;
}

}  // namespace gtn
