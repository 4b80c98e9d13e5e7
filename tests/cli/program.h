// Runs the built program as a person would, and a tiny data set for it to work on.
#pragma once

#include "tests/core/run_command.h"
#include "tests/data/files.h"

namespace gtn {

// `arguments` as a shell reads them.
inline Outcome run_program(const std::string& arguments) {
  return run_command(std::string(GTN_PROGRAM) + " " + arguments);
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
