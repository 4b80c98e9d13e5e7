// A file that only grows, record by record.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace gtn {

class AppendFile {
 public:
  // Opens the file to append and creates it where there is none. Throws a failure where it cannot be written.
  explicit AppendFile(std::filesystem::path path);
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  ~AppendFile();

  // Adds a record and hands it to the system before it returns. Throws a failure where the disk is full; then the file
  // is as it was.
  void append(std::string_view record);

  // Cuts what lies beyond so many bytes: a record that a killed process left torn. Throws a failure where that is
  // denied.
  void cut(uint64_t size);

 private:
  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace gtn
