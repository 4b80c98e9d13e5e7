#include "gtn/report/npz.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string_view>

#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/report/utf8.h"

namespace gtn {
namespace {

static_assert(std::endian::native == std::endian::little, "array bytes are copied as they lie, and promised as '<'");

template <typename T>
void append(std::string& bytes, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
}

// Magic, version 1.0 and the header, padded so that the data begins on a multiple of 64 bytes of the entry.
std::string npy_header(const std::string& type, const Shape& shape) {
  std::string dims;
  for (const int64_t dim : shape) dims += std::to_string(dim) + (shape.size() == 1 ? "," : ", ");
  if (shape.size() > 1) dims.resize(dims.size() - 2);
  std::string text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + dims + "), }";
  constexpr size_t kPreamble = 10;
  text.append(63 - (kPreamble + text.size()) % 64, ' ');
  text += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  append(bytes, static_cast<uint16_t>(text.size()));
  return bytes + text;
}

std::string type_of(const std::string& name, const Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return "<f4";
    case at::kLong:
      return "<i8";
    case at::kByte:
      return "|u1";
    default:
      throw std::invalid_argument("write_npz: '" + name + "' is " + c10::toString(tensor.scalar_type()) +
                                  "; convert it to float32, int64 or uint8");
  }
}

std::string npy(const std::string& name, const Tensor& tensor) {
  const Tensor packed = tensor.detach().cpu().contiguous();
  std::string bytes = npy_header(type_of(name, packed), shape_of(packed));
  return bytes.append(static_cast<const char*>(packed.data_ptr()), packed.nbytes());
}

std::string npy(const std::vector<std::string>& texts) {
  std::vector<std::u32string> strings;
  size_t longest = 1;  // numpy has no strings of width 0
  for (const std::string& text : texts) longest = std::max(longest, strings.emplace_back(decode_utf8(text)).size());
  std::string bytes = npy_header("<U" + std::to_string(longest), {static_cast<int64_t>(texts.size())});
  for (std::u32string& string : strings) {
    string.resize(longest, U'\0');
    for (const char32_t code : string) append(bytes, static_cast<uint32_t>(code));
  }
  return bytes;
}

// A zip file of stored entries: PKWARE's APPNOTE 4.3.7 (local header), 4.3.12 (directory), 4.3.16 (end).
class ZipWriter {
 public:
  void add(const std::string& name, const std::string& content) {
    constexpr uint64_t kLimit = std::numeric_limits<uint32_t>::max();
    constexpr uint64_t kHeaders = 1024;  // above what an entry and the end of the directory need beside the content
    if (content.size() + bytes_.size() + directory_.size() + kHeaders > kLimit)
      throw failure(name, "would make the .npz archive larger than 4 GiB; export fewer steps or images");
    std::string fields;
    append<uint16_t>(fields, 20);      // version needed: 2.0
    append<uint16_t>(fields, 0);       // flags
    append<uint16_t>(fields, 0);       // stored
    append<uint16_t>(fields, 0);       // midnight
    append<uint16_t>(fields, 0x0021);  // 1980-01-01
    append<uint32_t>(fields, checksum(content));
    append<uint32_t>(fields, static_cast<uint32_t>(content.size()));
    append<uint32_t>(fields, static_cast<uint32_t>(content.size()));
    append<uint16_t>(fields, static_cast<uint16_t>(name.size()));
    append<uint16_t>(fields, 0);  // no extra field

    append<uint32_t>(directory_, 0x02014b50);
    append<uint16_t>(directory_, 20);  // made by: MS-DOS attributes, version 2.0
    directory_ += fields;
    append<uint16_t>(directory_, 0);  // no comment
    append<uint16_t>(directory_, 0);  // first disk
    append<uint16_t>(directory_, 0);  // internal attributes
    append<uint32_t>(directory_, 0);  // external attributes
    append<uint32_t>(directory_, static_cast<uint32_t>(bytes_.size()));
    directory_ += name;
    ++entries_;

    append<uint32_t>(bytes_, 0x04034b50);
    bytes_ += fields + name;
    bytes_ += content;
  }

  std::string finish() && {
    const auto start = static_cast<uint32_t>(bytes_.size());
    bytes_ += directory_;
    append<uint32_t>(bytes_, 0x06054b50);
    append<uint32_t>(bytes_, 0);  // this disk, the directory's disk
    append<uint16_t>(bytes_, entries_);
    append<uint16_t>(bytes_, entries_);
    append<uint32_t>(bytes_, static_cast<uint32_t>(directory_.size()));
    append<uint32_t>(bytes_, start);
    append<uint16_t>(bytes_, 0);  // no comment
    return std::move(bytes_);
  }

 private:
  static uint32_t checksum(const std::string& content) {
    return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()));
  }

  std::string bytes_;
  std::string directory_;
  uint16_t entries_ = 0;
};

void check_name(const std::string& name) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  if (name.empty() || name.size() > 128 || name.find_first_not_of(kPlain) != std::string::npos)
    throw std::invalid_argument("write_npz: '" + name + "' is no array name; use letters, digits, '_', '-' and '.'");
}

}  // namespace

std::string encode_npz(const std::map<std::string, Tensor>& tensors,
                       const std::map<std::string, std::vector<std::string>>& texts) {
  ZipWriter zip;
  auto text = texts.begin();
  const auto add_texts_before = [&](const std::string* name) {
    for (; text != texts.end() && (!name || text->first < *name); ++text) {
      check_name(text->first);
      zip.add(text->first + ".npy", npy(text->second));
    }
  };
  for (const auto& [name, tensor] : tensors) {
    check_name(name);
    if (texts.contains(name)) throw std::invalid_argument("write_npz: two arrays are named '" + name + "'");
    add_texts_before(&name);
    zip.add(name + ".npy", npy(name, tensor));
  }
  add_texts_before(nullptr);
  return std::move(zip).finish();
}

void write_npz(const std::filesystem::path& path, const std::map<std::string, Tensor>& tensors,
               const std::map<std::string, std::vector<std::string>>& texts) {
  write_file_atomic(path, encode_npz(tensors, texts));
}

}  // namespace gtn
