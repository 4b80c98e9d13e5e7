// Whole files, read bounded and written atomically.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace gtn {

// The bytes of a file. Throws where it cannot be read or is larger than `limit` bytes.
std::string read_file(const std::filesystem::path& path, uint64_t limit = uint64_t{4} << 30);

// Writes all of `bytes` to an open file, also where the system takes them piece by piece or a signal interrupts it.
// False, with its reason in errno, where the system denies it; some of them may be written then.
bool write_all(int descriptor, std::string_view bytes);

// Writes to a temporary neighbour, syncs it and renames it over `path`: a reader sees the old bytes or the new ones,
// never a part. Throws where the folder does not exist, cannot be written or the disk is full; then `path` is as it
// was.
void write_file_atomic(const std::filesystem::path& path, std::string_view bytes);

// Creates a folder and its parents; throws where that is denied.
void make_folder(const std::filesystem::path& path);

}  // namespace gtn
