// numpy .npz archives: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "gtn/core/tensor.h"

namespace gtn {

// The bytes of an archive that numpy.load reads: one array an entry, in the order of their names, stored uncompressed
// and dated 1980-01-01, so that the same arrays give the same bytes.
//   tensors: float32, int64 or uint8, any shape, any device.
//   texts: one-dimensional arrays of strings (numpy kind U); UTF-8 here, UTF-32 there. A byte that is no UTF-8 becomes
//   U+FFFD; NUL characters at a string's end are dropped by numpy.
// Throws std::invalid_argument for a tensor of another type, a name that both maps hold, or a name that is empty or
// holds anything but letters, digits, '_', '-' and '.'; a failure where the archive would pass 4 GiB.
std::string encode_npz(const std::map<std::string, Tensor>& tensors,
                       const std::map<std::string, std::vector<std::string>>& texts = {});

// The same, written atomically to `path`; throws what write_file_atomic throws.
void write_npz(const std::filesystem::path& path, const std::map<std::string, Tensor>& tensors,
               const std::map<std::string, std::vector<std::string>>& texts = {});

}  // namespace gtn
