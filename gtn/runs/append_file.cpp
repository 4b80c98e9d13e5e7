#include "gtn/runs/append_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "gtn/core/error.h"
#include "gtn/core/file.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail_to_extend(const fs::path& path) {
  throw failure(path.string(), std::string("could not be extended (") + std::strerror(errno) +
                                   "); free some space and go on with --resume. What it held is safe");
}

}  // namespace

AppendFile::AppendFile(fs::path path)
    : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0) fail_to_extend(path_);
}

AppendFile::~AppendFile() { ::close(descriptor_); }

void AppendFile::append(std::string_view record) {
  const off_t before = ::lseek(descriptor_, 0, SEEK_END);
  if (write_all(descriptor_, record)) return;
  const int reason = errno;
  static_cast<void>(!::ftruncate(descriptor_, before));  // else a torn record stays, which readers leave out
  errno = reason;
  fail_to_extend(path_);
}

void AppendFile::cut(uint64_t size) {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) fail_to_extend(path_);
}

}  // namespace gtn
