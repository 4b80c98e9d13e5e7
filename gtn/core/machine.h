// The machine that this process runs on, as Linux tells it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gtn {

struct Machine {
  std::string cpu;                    // the processor's name; "unknown" where the system does not say
  int cores = 1;                      // that this process may use
  std::vector<std::string> features;  // vector instruction sets of the processor, as Linux spells them
  int64_t memory = 0;                 // bytes; 0 where the system does not say

  bool has_bfloat16() const;
};

Machine describe_machine();

// Bytes that a program may still take without swapping; 0 where the system does not say.
int64_t available_memory();

// The number behind `key:` in a file such as /proc/meminfo or /proc/self/status, which count in kB, as bytes; 0 where
// there is none.
int64_t proc_bytes(const std::string& path, const std::string& key);

}  // namespace gtn
