#include "gtn/data/picture_cache.h"

#include "gtn/core/archive.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/json.h"
#include "gtn/data/dataset.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

constexpr const char* kCacheFormat =
    "gtn-pictures 1";  // to be counted up where pictures are decoded or fitted otherwise
constexpr uint64_t kKeptBytes = uint64_t{1} << 30;

std::string checksum_of(const Tensor& images) { return fingerprint_of(images, at::zeros({0}, at::kLong)); }

fs::path file_of(const fs::path& cache, const PictureKey& key) {
  std::error_code error;
  const fs::path place = fs::canonical(key.folder, error);
  return cache / ("pictures-" + fingerprint_of(place.string() + ' ' + std::to_string(key.size)) + ".safetensors");
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
    const Json remarks = Json::parse(archive.metadata["remarks"], nullptr, /*allow_exceptions=*/false);
    if (!sound || !remarks.is_array()) return std::nullopt;
    DecodedPictures pictures{.images = images};
    for (const Json& remark : remarks) pictures.remarks.push_back(remark.is_string() ? remark.get<std::string>() : "");
    return pictures;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void keep_pictures(const fs::path& cache, const PictureKey& key, const DecodedPictures& pictures) {
  if (cache.empty() || pictures.images.nbytes() > kKeptBytes) return;
  try {
    make_folder(cache);
    write_archive(file_of(cache, key), {{{"images", pictures.images}},
                                        {{"format", kCacheFormat},
                                         {"files", key.files},
                                         {"checksum", checksum_of(pictures.images)},
                                         {"remarks", Json(pictures.remarks).dump()}}});
  } catch (const Error&) {  // a read-only home or a full disk
  }
}

}  // namespace gtn
