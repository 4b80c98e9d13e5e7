#include "gtn/core/memory_share.h"

#include <condition_variable>
#include <mutex>
#include <string>

#include "gtn/core/error.h"

namespace gtn {
namespace {

struct Promises {
  std::mutex mutex;
  std::condition_variable returned;
  int64_t holders = 0, bytes = 0;
  int64_t free = 0;  // when there were no holders
};

Promises& promises() {
  static Promises all;
  return all;
}

}  // namespace

MemoryShare::MemoryShare(int64_t bytes, int64_t free_now) : bytes_(bytes) {
  Promises& all = promises();
  std::unique_lock lock(all.mutex);
  const auto fits = [&] { return all.holders == 0 || all.free == 0 || all.bytes + bytes_ <= all.free; };
  all.returned.wait(lock, fits);
  if (all.holders == 0) all.free = free_now;
  if (all.free > 0 && bytes_ > all.free)
    throw failure("memory", "this network needs about " + std::to_string(bytes_ >> 20) + " MiB, and " +
                                std::to_string(all.free >> 20) +
                                " MiB are free; end other programs, or take a narrower one or smaller batches");
  ++all.holders;
  all.bytes += bytes_;
}

MemoryShare::~MemoryShare() {
  Promises& all = promises();
  {
    const std::lock_guard lock(all.mutex);
    --all.holders;
    all.bytes -= bytes_;
  }
  all.returned.notify_all();
}

}  // namespace gtn
