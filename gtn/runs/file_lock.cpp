#include "gtn/runs/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "gtn/core/error.h"

namespace gtn {
namespace {

// "process 1234", or "another process" where the file does not tell.
std::string holder(int descriptor) {
  std::array<char, 16> digits = {};
  const ssize_t size = ::pread(descriptor, digits.data(), digits.size() - 1, 0);
  const std::string number(digits.data(), size > 0 ? std::strspn(digits.data(), "0123456789") : 0);
  return number.empty() ? "another process" : "process " + number;
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& path)
    : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  const std::string folder = path.parent_path().string();
  if (descriptor_ < 0)
    throw failure(folder, std::string("cannot be written (") + std::strerror(errno) + "); choose another folder");
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    const std::string other = holder(descriptor_);
    ::close(descriptor_);
    throw failure(folder, "is being written by " + other + "; wait until it ends");
  }
  // The number only serves that message: where the disk is full, the lock holds without it.
  const std::string number = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor_, 0) == 0) static_cast<void>(!::pwrite(descriptor_, number.data(), number.size(), 0));
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace gtn
