// A disk that is full.
#pragma once

#include <sys/resource.h>

#include <csignal>

namespace gtn {

// While one lives, no file of this process grows beyond `bytes`: a write fails with EFBIG where a disk says ENOSPC.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : old_signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_limit_);
    const rlimit limit = {bytes, old_limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &old_limit_);
    std::signal(SIGXFSZ, old_signal_);
  }

 private:
  rlimit old_limit_;
  void (*old_signal_)(int);
};

}  // namespace gtn
