// A folder of many files that is there when all of them are.
#pragma once

#include <filesystem>
#include <string_view>

namespace gtn {

class NewFolder {
 public:
  // Files are written into a neighbour of `path` first. Throws a usage error where `path` is there and is no empty
  // folder, and a failure where the neighbour cannot be made.
  explicit NewFolder(std::filesystem::path path);
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;
  ~NewFolder();  // without finish(): nothing stays

  // Where the files are until finish().
  const std::filesystem::path& part() const { return part_; }

  // Writes a file of the folder, and the folders it lies in; from several threads at once. It is synced by finish(),
  // with all others, which takes a moment where write_file_atomic() takes one a file. Throws a failure where it cannot
  // be written.
  void write(const std::filesystem::path& name, std::string_view bytes) const;

  // Syncs the files and gives the folder its name. Throws a failure where that is denied.
  void finish();

 private:
  std::filesystem::path path_, part_;
};

}  // namespace gtn
