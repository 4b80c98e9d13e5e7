// A lock between processes that ends with the process, however it ends.
#pragma once

#include <filesystem>

namespace gtn {

class FileLock {
 public:
  // Takes the lock at once, creating the file where there is none, and writes this process's number into it. Throws a
  // failure where another process (or another lock of this one) holds it; the message names that process where known.
  // A file system that knows no locks gives one that guards nothing: better than no run at all.
  explicit FileLock(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  int descriptor_ = -1;
};

}  // namespace gtn
