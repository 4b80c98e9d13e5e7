// Named tensors and text in one file: the safetensors format, which every framework reads. Layout: the length of the
// header (8 bytes, little-endian), the header (JSON: name -> dtype, shape, data_offsets; "__metadata__" -> strings),
// the bytes.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "gtn/core/tensor.h"

namespace gtn {

struct Archive {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

// The bytes of an archive: equal archives give equal bytes. Tensors of larger elements come first, then names in order,
// so that every tensor stays aligned; the header is padded to 8 bytes. Tensors may be on any device and in any memory
// order. Throws a failure for text that is not UTF-8 and std::invalid_argument for a dtype that the format does not
// know (known: F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL).
std::string encode_archive(const Archive& archive);

// The archive in `bytes`, which may come from a stranger: every length, shape and offset of the header is checked
// before it is used, and no more memory is taken than the bytes warrant. Tensors are contiguous, on the CPU and own
// their memory. Throws a failure at `where` for anything that is not exactly the format: a header that is cut, too deep
// or not JSON, unknown dtypes, sizes that overflow or disagree, data that overlap, leave holes or are missing,
// duplicate names.
Archive decode_archive(std::string_view bytes, const std::string& where);

// The two above, from and to a file (written atomically). Throw failures that name the file.
Archive read_archive(const std::filesystem::path& path);
void write_archive(const std::filesystem::path& path, const Archive& archive);

}  // namespace gtn
