#include "gtn/data/picture_cache.h"

#include <algorithm>

#include "gtn/core/archive.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/json.h"
#include "gtn/data/dataset.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

constexpr const char* kCacheFormat =
    "gtn-pictures 2";  // to be counted up where pictures are decoded or fitted otherwise
constexpr uint64_t kKeptBytes = uint64_t{1} << 30;

const std::string kPrefix = "pictures-";  // of the names of files here, also of those that are being written

std::string checksum_of(const Tensor& images) { return fingerprint_of(images, at::zeros({0}, at::kLong)); }

fs::path file_of(const fs::path& cache, const PictureKey& key) {
  std::error_code error;
  const fs::path place = fs::canonical(key.folder, error);
  return cache / (kPrefix + fingerprint_of(place.string() + ' ' + std::to_string(key.size)) + ".safetensors");
}

// Removes what was not used for longest, but for `kept`, until all take no more than `limit` bytes. What a killed
// process left half written counts, too.
void remove_oldest(const fs::path& cache, const fs::path& kept, uint64_t limit) {
  struct Entry {
    fs::file_time_type used;
    fs::path path;
    uint64_t bytes;
  };
  std::vector<Entry> others;
  std::error_code error;
  uint64_t bytes = fs::file_size(kept, error);
  if (error) return;
  for (fs::directory_iterator it(cache, error), end; !error && it != end; it.increment(error)) {
    if (!it->path().filename().string().starts_with(kPrefix) || it->path() == kept) continue;
    std::error_code gone;  // another process may have removed it
    const Entry entry{it->last_write_time(gone), it->path(), it->file_size(gone)};
    if (gone) continue;
    bytes += entry.bytes;
    others.push_back(entry);
  }
  std::ranges::sort(others, {}, &Entry::used);
  for (const Entry& entry : others) {
    if (bytes <= limit) return;
    fs::remove(entry.path, error);
    bytes -= entry.bytes;
  }
}

}  // namespace

std::optional<DecodedPictures> load_pictures(const fs::path& cache, const PictureKey& key) {
  std::error_code ignored;
  if (cache.empty() || !fs::exists(file_of(cache, key), ignored)) return std::nullopt;
  try {
    Archive archive = read_archive(file_of(cache, key));
    const Tensor images = archive.tensors["images"];
    const bool sound = archive.metadata["format"] == kCacheFormat && archive.metadata["files"] == key.files &&
                       images.defined() && images.dim() == 4 && images.scalar_type() == at::kByte &&
                       images.size(0) == key.count && archive.metadata["checksum"] == checksum_of(images);
    const Json remarks = parse_json(archive.metadata["remarks"]);
    if (!sound || !remarks.is_array()) return std::nullopt;
    DecodedPictures pictures{.images = images};
    for (const Json& remark : remarks) pictures.remarks.push_back(remark.is_string() ? remark.get<std::string>() : "");
    fs::last_write_time(file_of(cache, key), fs::file_time_type::clock::now(), ignored);
    return pictures;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void keep_pictures(const fs::path& cache, const PictureKey& key, const DecodedPictures& pictures, uint64_t limit) {
  if (cache.empty() || pictures.images.nbytes() > kKeptBytes) return;
  try {
    make_folder(cache);
    write_archive(file_of(cache, key), {{{"images", pictures.images}},
                                        {{"format", kCacheFormat},
                                         {"files", key.files},
                                         {"checksum", checksum_of(pictures.images)},
                                         {"remarks", Json(pictures.remarks).dump()}}});
    remove_oldest(cache, file_of(cache, key), limit);
  } catch (const Error&) {  // a read-only home or a full disk
  }
}

}  // namespace gtn
