#include "gtn/data/exif.h"

#include <cstdint>
#include <optional>

namespace gtn {
namespace {

constexpr int kUpright = 1;

enum class TiffOrder { big, little };

// Of a whole number of `size` bytes at `at`; nothing where the bytes end before.
std::optional<uint32_t> tiff_number(std::string_view bytes, size_t at, size_t size, TiffOrder order) {
  if (at > bytes.size() || bytes.size() - at < size) return std::nullopt;
  uint32_t number = 0;
  for (size_t i = 0; i < size; ++i)
    number = number << 8 | static_cast<unsigned char>(bytes[at + (order == TiffOrder::big ? i : size - 1 - i)]);
  return number;
}

// Of the first directory of a TIFF structure; a second one is that of a thumbnail, and no other is followed.
int tiff_orientation(std::string_view tiff) {
  constexpr size_t kEntry = 12;  // tag, type, count of values, value
  constexpr uint32_t kOrientation = 274, kShort = 3;
  if (!tiff.starts_with("II") && !tiff.starts_with("MM")) return kUpright;
  const TiffOrder order = tiff[0] == 'I' ? TiffOrder::little : TiffOrder::big;
  const auto number = [&](size_t at, size_t size) { return tiff_number(tiff, at, size, order); };
  const std::optional<uint32_t> directory = number(4, 4);
  if (number(2, 2) != 42u || !directory) return kUpright;
  const uint32_t entries = number(*directory, 2).value_or(0);
  for (uint32_t i = 0; i < entries; ++i) {
    const size_t entry = size_t{*directory} + 2 + i * kEntry;
    const std::optional<uint32_t> tag = number(entry, 2), value = number(entry + 8, 2);
    if (!tag || !value) return kUpright;
    if (tag != kOrientation) continue;
    const bool sound = number(entry + 2, 2) == kShort && number(entry + 4, 4) == 1u && *value >= 1 && *value <= 8;
    return sound ? static_cast<int>(*value) : kUpright;
  }
  return kUpright;
}

}  // namespace

int exif_orientation(std::string_view jpeg) {
  using namespace std::string_view_literals;
  constexpr unsigned kScan = 0xda, kEnd = 0xd9, kApp1 = 0xe1;
  constexpr std::string_view kExif = "Exif\0\0"sv;
  for (size_t at = 2; at + 4 <= jpeg.size();) {  // at a marker: 0xff, its kind, and mostly the length of what follows
    const auto kind = static_cast<unsigned char>(jpeg[at + 1]);
    if (jpeg[at] != '\xff' || kind == kScan || kind == kEnd) break;
    const bool is_fill = kind == 0xff, stands_alone = kind == 0x01 || (kind >= 0xd0 && kind <= 0xd8);
    if (is_fill || stands_alone) {
      at += is_fill ? 1 : 2;
      continue;
    }
    const size_t length = *tiff_number(jpeg, at + 2, 2, TiffOrder::big);  // its own two bytes included
    if (length < 2 || length > jpeg.size() - at - 2) break;
    const std::string_view content = jpeg.substr(at + 4, length - 2);
    if (kind == kApp1 && content.starts_with(kExif)) return tiff_orientation(content.substr(kExif.size()));
    at += 2 + length;
  }
  return kUpright;
}

Tensor upright(const Tensor& pixels, int orientation) {
  const Tensor turned = orientation >= 5 ? pixels.transpose(1, 2) : pixels;
  const bool from_below = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  if (from_below && from_right) return turned.flip({1, 2});
  if (from_below) return turned.flip({1});
  return from_right ? turned.flip({2}) : turned;
}

}  // namespace gtn
