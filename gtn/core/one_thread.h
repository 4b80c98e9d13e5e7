// One thread for whatever the calling thread starts while this lives.
#pragma once

#include <omp.h>

#include "gtn/core/tensor.h"

namespace gtn {

// Inside a parallel region a nested one has one thread anyway, but oneDNN plans its primitives for
// omp_get_max_threads() and keeps them under that number: one that was planned for two threads outside would be found
// there and run by one, which waits for the other for ever (seen with oneDNN 2.6).
class OneThread final {
 public:
  OneThread() { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  // LibTorch sets a thread's number when that thread asks for the first time: asked here, it does not do so later.
  int before_ = (at::get_num_threads(), omp_get_max_threads());
};

}  // namespace gtn
