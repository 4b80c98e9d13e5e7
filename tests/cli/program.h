// Runs the built program as a person would, and a tiny data set for it to work on.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <string>

#include "tests/data/files.h"

namespace gtn {

struct Outcome {
  int code;            // exit code; 128 + n where signal n ended it
  std::string output;  // stdout and stderr together
};

// `arguments` as a shell reads them.
inline Outcome run_program(const std::string& arguments) {
  const std::string command = std::string(GTN_PROGRAM) + " " + arguments + " 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  if (!pipe) throw std::runtime_error("popen failed");
  std::string output;
  char buffer[4096];
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, n);
  const int status = ::pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), output};
}

// Three classes of 8 x 8 images that a small network tells apart: noise, and one brighter third of the rows.
inline void write_tiny_dataset(const std::filesystem::path& folder) {
  const auto split = [&](const std::string& prefix, int64_t count) {
    const Tensor labels = at::arange(count, at::kLong) % 3;
    Tensor images = Key(static_cast<uint64_t>(count)).uniform({count, 8, 8}, 0, 120);
    for (int64_t i = 0; i < count; ++i) images[i].narrow(0, 3 * (i % 3) - (i % 3 == 2), 3).add_(100);
    write_file_atomic(folder / (prefix + "-images-idx3-ubyte"), idx_bytes(images));
    write_file_atomic(folder / (prefix + "-labels-idx1-ubyte"), idx_bytes(labels));
  };
  split("train", 300);
  split("t10k", 90);
}

}  // namespace gtn
