#include "gtn/core/side_by_side.h"

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <exception>
#include <mutex>

#include "gtn/core/one_thread.h"

namespace gtn {
namespace {

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
