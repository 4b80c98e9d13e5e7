// Memory that is promised to tasks beside each other before they take it.
#pragma once

#include <cstdint>

#include "gtn/core/machine.h"

namespace gtn {

// So many bytes are the holder's while this lives.
class MemoryShare {
 public:
  // Waits until `bytes` fit beside what other shares of this process hold, in what was free when nobody held any (0: it
  // is not known, and all fit). Throws a failure where they would not fit alone. A thread that holds one must not ask
  // for another.
  explicit MemoryShare(int64_t bytes, int64_t free_now = available_memory());
  MemoryShare(const MemoryShare&) = delete;
  MemoryShare& operator=(const MemoryShare&) = delete;
  ~MemoryShare();

 private:
  int64_t bytes_;
};

}  // namespace gtn
