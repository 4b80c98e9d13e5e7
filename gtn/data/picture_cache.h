// Decoded pictures of a folder, kept in one file, so that the next start need not decode them again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gtn/core/tensor.h"

namespace gtn {

// What the files of a cache may take together.
constexpr uint64_t kCacheBytes = uint64_t{4} << 30;

struct DecodedPictures {
  Tensor images = {};                     // [N, C, H, W] uint8, in the order of their files
  std::vector<std::string> remarks = {};  // on how they were fitted
};

// Which pictures, and how they were fitted.
struct PictureKey {
  std::filesystem::path folder;
  std::string files;  // PictureFolder::fingerprint()
  int64_t count;      // of files
  int64_t size;       // DataConfig::size
};

// What was kept in the folder `cache` for this key; nothing where that is missing, of other files, damaged (its check
// sum is tested) or unreadable: then the pictures are decoded again. Notes in the file's time of change that it was
// used.
std::optional<DecodedPictures> load_pictures(const std::filesystem::path& cache, const PictureKey& key);

// Keeps them, in the place of what was kept of the same folder and size, and removes those of the others that were not
// used for longest while all take more than `limit` bytes. Does nothing where `cache` cannot be written or they take
// more than 1 GiB: a cache saves time and nothing else.
void keep_pictures(const std::filesystem::path& cache, const PictureKey& key, const DecodedPictures& pictures,
                   uint64_t limit = kCacheBytes);

}  // namespace gtn
