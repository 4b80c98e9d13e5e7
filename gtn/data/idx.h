// The IDX format of MNIST and its kin: two zero bytes, a type, a rank, the dimensions (32 bit, big-endian), the
// elements.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "gtn/core/tensor.h"

namespace gtn {

// The elements of an IDX file as a uint8 tensor [d0, ...] of its dimensions, which are all at least one. `bytes` may be
// plain or gzip and may come from a stranger: no more is unpacked than the header announces. Throws a failure at
// `where` for another format or element type, more than 4 GiB, too few or too many elements, a damaged gzip stream.
Tensor decode_idx(std::string_view bytes, const std::string& where);

// decode_idx of a file. Throws a failure that names the file.
Tensor read_idx(const std::filesystem::path& path);

}  // namespace gtn
