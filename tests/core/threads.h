// So many threads for LibTorch until the end of the scope.
#pragma once

#include "gtn/core/tensor.h"

namespace gtn {

class Threads {
 public:
  explicit Threads(int count) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_ = at::get_num_threads();
};

}  // namespace gtn
