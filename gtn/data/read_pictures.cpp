// Folders of pictures: decoded side by side, brought to one size, kept for the next time.
#include <algorithm>
#include <map>

#include "gtn/core/file.h"
#include "gtn/core/quote.h"
#include "gtn/core/side_by_side.h"
#include "gtn/data/own_parts.h"
#include "gtn/data/picture.h"
#include "gtn/data/picture_cache.h"
#include "gtn/data/picture_folder.h"

namespace gtn {
namespace {

constexpr int64_t kUsualSize = 32;         // where the pictures do not agree
constexpr int64_t kLargestAsTheyAre = 64;  // pixels a side, where they do
constexpr uint64_t kFileLimit = uint64_t{256} << 20;
constexpr int64_t kAllBytesLimit = int64_t{4} << 30;

const FaultKind kUnreadable{"files that cannot be read", "make them readable, or reduce them to less than 256 MiB"};

using Extent = std::pair<int64_t, int64_t>;  // height and width

struct Fitted {
  Picture picture;
  Extent extent;  // before it was fitted
};

Picture read_picture(const PictureFile& file) {
  std::string bytes;
  try {
    bytes = read_file(file.path, kFileLimit);
  } catch (const Error&) {
    return Picture::refused(kUnreadable);
  }
  return decode_picture(bytes);
}

// Whether so many pictures of up to this size, in colour, can be held at once.
bool fit_into_memory(int64_t count, int64_t size) { return count <= kAllBytesLimit / (3 * size * size); }

// Small ones are kept as they are until it is known whether all agree.
Fitted read_fitted(const PictureFile& file, int64_t asked, int64_t largest_as_they_are) {
  Fitted fitted{read_picture(file), {}};
  Tensor& pixels = fitted.picture.pixels;
  if (fitted.picture.fault) return fitted;
  fitted.extent = {pixels.size(1), pixels.size(2)};
  const int64_t longer = std::max(pixels.size(1), pixels.size(2));
  if (asked > 0)
    pixels = fit_picture(pixels, asked);
  else if (longer > largest_as_they_are)
    pixels = fit_picture(pixels, kUsualSize);
  return fitted;
}

std::string to_text(const Extent& extent) {
  return std::to_string(extent.second) + " x " + std::to_string(extent.first);
}

// How often each extent occurs.
std::map<Extent, int64_t> extents_of(const std::vector<Fitted>& all) {
  std::map<Extent, int64_t> counts;
  for (const Fitted& one : all) ++counts[one.extent];
  return counts;
}

std::string fit_remark(const std::map<Extent, int64_t>& counts, int64_t size) {
  const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
  int64_t enlarged = 0;
  for (const auto& [extent, count] : counts)
    if (std::min(extent.first, extent.second) < size) enlarged += count;
  std::string text = "pictures of " + std::to_string(counts.size()) + " sizes, mostly " + to_text(most->first) +
                     " (width x height): the shorter side is brought to " + std::to_string(size) +
                     ", the middle square kept";
  if (enlarged > 0) text += "; " + std::to_string(enlarged) + " are enlarged";
  return text;
}

// All of one size and of as many channels, or faults.
DecodedPictures decode_all(const std::vector<const PictureFile*>& files, int64_t asked, Faults& faults) {
  const auto count = static_cast<int64_t>(files.size());
  const int64_t largest = fit_into_memory(count, kLargestAsTheyAre) ? kLargestAsTheyAre : kUsualSize;
  std::vector<Fitted> all(files.size());
  side_by_side(count, [&](int64_t i) {
    const auto place = static_cast<size_t>(i);
    all[place] = read_fitted(*files[place], asked, largest);
  });
  FaultGroups groups;
  int64_t channels = 1;
  for (size_t i = 0; i < all.size(); ++i) {
    const Picture& picture = all[i].picture;
    if (picture.fault)
      groups.add(*picture.fault,
                 gtn::quoted(files[i]->name) + (picture.detail.empty() ? "" : " [" + picture.detail + "]"));
    else
      channels = std::max(channels, picture.pixels.size(0));
  }
  groups.add_to(faults);
  if (!groups.empty()) return {};

  const std::map<Extent, int64_t> counts = extents_of(all);
  const Extent& first = counts.begin()->first;
  const bool agree = counts.size() == 1 && asked == 0 && std::max(first.first, first.second) <= largest;
  const int64_t size = asked > 0 ? asked : kUsualSize;
  const auto height = agree ? first.first : size, width = agree ? first.second : size;
  DecodedPictures result{at::empty({count, channels, height, width}, at::kByte)};
  for (size_t i = 0; i < all.size(); ++i) {
    Tensor& pixels = all[i].picture.pixels;
    result.images[static_cast<int64_t>(i)].copy_(agree ? pixels : fit_picture(pixels, size));  // grey becomes three
    pixels = Tensor();
  }
  if (!agree && !(counts.size() == 1 && first == Extent{size, size}))
    result.remarks.push_back(fit_remark(counts, size));
  return result;
}

OwnPart part_of(const DecodedPictures& pictures, const std::vector<PictureFile>& files, int64_t first) {
  OwnPart part;
  std::vector<int64_t> labels;
  for (const PictureFile& file : files) {
    labels.push_back(file.label);
    part.sources.push_back(file.name);
  }
  part.labels = at::tensor(labels, at::kLong);
  part.images = pictures.images.narrow(0, first, part.labels.size(0));
  return part;
}

}  // namespace

OwnParts read_pictures(const std::filesystem::path& folder, const ReadOptions& options, Faults& faults) {
  const PictureFolder listed = list_pictures(folder, faults);
  std::vector<const PictureFile*> files;
  for (const auto& part : listed.parts)
    for (const PictureFile& file : part) files.push_back(&file);
  const auto count = static_cast<int64_t>(files.size());
  const int64_t side = options.data.size > 0 ? options.data.size : kUsualSize;
  if (!fit_into_memory(count, side)) {
    faults.add("its " + std::to_string(count) + " pictures would take more than 4 GiB; choose a smaller data.size");
    return {};
  }
  if (files.empty()) {
    faults.add("there are no pictures in " + gtn::quoted(folder.string()));
    return {};
  }
  const PictureKey key{folder, listed.fingerprint(), count, options.data.size};
  std::optional<DecodedPictures> pictures;
  if (faults.empty()) pictures = load_pictures(options.cache, key);
  const bool fresh = !pictures.has_value();
  if (fresh) pictures = decode_all(files, options.data.size, faults);
  if (!faults.empty()) return {};
  if (fresh) keep_pictures(options.cache, key, *pictures);

  OwnParts parts{.class_names = listed.class_names, .remarks = pictures->remarks};
  if (listed.left_out > 0)
    parts.remarks.push_back(std::to_string(listed.left_out) +
                            " hidden entries (names with a dot first, Thumbs.db, desktop.ini) are left out");
  int64_t first = 0;
  for (const auto& [part, place] : {std::pair{&parts.train, 0}, {&parts.validation, 1}, {&parts.test, 2}}) {
    const auto& of_part = listed.parts.at(static_cast<size_t>(place));
    if (!of_part.empty()) *part = part_of(*pictures, of_part, first);
    first += static_cast<int64_t>(of_part.size());
  }
  return parts;
}

}  // namespace gtn
