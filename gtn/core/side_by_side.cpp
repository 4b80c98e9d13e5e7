#include "gtn/core/side_by_side.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <exception>
#include <mutex>

namespace gtn {
namespace {

// One thread for whatever the calling thread starts in this scope. A nested region has one anyway, but oneDNN plans its
// primitives for omp_get_max_threads() and keeps them under that number: one that was planned for two threads outside
// would be found here and run by one, which waits for the other for ever (seen with oneDNN 2.6).
class OneThread {
 public:
  OneThread() { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  // LibTorch sets a thread's number when that thread asks for the first time: asked here, it does not do so later.
  int before_ = (at::get_num_threads(), omp_get_max_threads());
};

// The exception of the lowest index.
class FirstFault {
 public:
  bool any() const { return any_; }
  void keep(int64_t index) {
    const std::lock_guard lock(mutex_);
    if (!fault_ || index < index_) {
      index_ = index;
      fault_ = std::current_exception();
    }
    any_ = true;
  }
  void rethrow() const {
    if (fault_) std::rethrow_exception(fault_);
  }

 private:
  std::mutex mutex_;
  std::atomic<bool> any_ = false;
  int64_t index_ = 0;
  std::exception_ptr fault_;
};

}  // namespace

int64_t tasks_at_once(int64_t count) {
  return at::in_parallel_region() ? 1 : std::clamp<int64_t>(count, 1, at::get_num_threads());
}

void side_by_side(int64_t count, const std::function<void(int64_t)>& task) {
  const int64_t workers = tasks_at_once(count);
  if (workers == 1) {
    for (int64_t i = 0; i < count; ++i) task(i);
    return;
  }
  const bool grad_mode = at::GradMode::is_enabled();
  std::fenv_t environment;  // flushing denormals belongs to it
  std::fegetenv(&environment);
  std::atomic<int64_t> next = 0;
  FirstFault fault;
  // A range for each worker, but nobody keeps to it: who is free takes the next task.
  at::parallel_for(0, workers, 1, [&](int64_t, int64_t) {
    const OneThread one_thread;
    const at::AutoGradMode mode(grad_mode);
    std::fesetenv(&environment);
    while (!fault.any()) {
      const int64_t i = next++;
      if (i >= count) break;
      try {
        task(i);
      } catch (...) {
        fault.keep(i);
      }
    }
  });
  fault.rethrow();
}

}  // namespace gtn
