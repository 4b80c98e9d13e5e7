#include "gtn/core/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <utility>

#include "gtn/core/error.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

std::string reason() { return std::strerror(errno); }

// Owns a file descriptor; close() reports what the destructor cannot.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

void sync_folder(const fs::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() >= 0) ::fsync(descriptor.get());
}

}  // namespace

std::string read_file(const fs::path& path, uint64_t limit) {
  std::error_code error;
  if (fs::is_directory(path, error)) throw failure(path.string(), "is a folder, a file is needed");
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw failure(path.string(), "cannot be opened (" + reason() + "); check the path and its permissions");
  // Read up to the limit and no further, whatever the file system says of the size: pipes have none.
  std::string bytes;
  const uint64_t size = fs::file_size(path, error);
  if (!error && size > limit)
    throw failure(path.string(),
                  "has " + std::to_string(size) + " bytes, more than the " + std::to_string(limit) + " that fit here");
  if (!error) bytes.reserve(size);
  char chunk[1 << 16];
  while (stream.read(chunk, sizeof chunk), stream.gcount() > 0) {
    bytes.append(chunk, static_cast<size_t>(stream.gcount()));
    if (bytes.size() > limit)
      throw failure(path.string(), "has more than the " + std::to_string(limit) + " bytes that fit here");
  }
  if (stream.bad()) throw failure(path.string(), "could not be read to its end (" + reason() + ")");
  return bytes;
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

void write_file_atomic(const fs::path& path, std::string_view bytes) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const fs::path temporary = path.string() + ".tmp" + std::to_string(::getpid());
  const auto fail = [&](const std::string& why) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    const std::string remedy = fs::is_directory(path, ignored) ? "name a file in that folder"
                               : !fs::exists(folder, ignored)
                                   ? "make the folder " + folder.string() + ", or choose another folder"
                                   : "free some space or choose another folder";
    throw failure(path.string(), "could not be written (" + why + "); " + remedy + ". Nothing was overwritten");
  };
  Descriptor descriptor(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (descriptor.get() < 0) fail(reason());
  if (!write_all(descriptor.get(), bytes)) fail(reason());
  if (::fsync(descriptor.get()) != 0) fail(reason());
  if (!descriptor.close()) fail(reason());
  if (std::rename(temporary.c_str(), path.c_str()) != 0) fail(reason());
  sync_folder(folder);
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error || !fs::is_directory(path))
    throw failure(path.string(),
                  "could not be created (" + (error ? error.message() : std::string("a file is in the way")) + ")");
}

}  // namespace gtn
