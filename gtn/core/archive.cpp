#include "gtn/core/archive.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <set>
#include <stdexcept>
#include <tuple>

#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/json.h"
#include "gtn/core/quote.h"

namespace gtn {
namespace {

static_assert(std::endian::native == std::endian::little, "the archive copies memory as it stands");

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kHeaderLimit = uint64_t{16} << 20;  // parsed JSON takes some 20 times its text
constexpr int kDepthLimit = 3;                         // file { tensor { shape [
constexpr size_t kRankLimit = 16;
constexpr const char* kMetadata = "__metadata__";

struct Dtype {
  const char* name;
  at::ScalarType type;
};
constexpr std::array<Dtype, 10> kDtypes = {{{"F64", at::kDouble},
                                            {"F32", at::kFloat},
                                            {"F16", at::kHalf},
                                            {"BF16", at::kBFloat16},
                                            {"I64", at::kLong},
                                            {"I32", at::kInt},
                                            {"I16", at::kShort},
                                            {"I8", at::kChar},
                                            {"U8", at::kByte},
                                            {"BOOL", at::kBool}}};

// One tensor as the header announces it: bytes [begin, end) of the data.
struct Entry {
  std::string name;
  at::ScalarType type;
  Shape shape;
  uint64_t begin;
  uint64_t end;
};

class Decoder {
 public:
  Decoder(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  Archive decode() {
    const nlohmann::json header = read_header();
    Archive archive;
    std::vector<Entry> entries;
    for (const auto& [name, value] : header.items()) {
      if (name == kMetadata)
        archive.metadata = read_metadata(value);
      else
        entries.push_back(read_entry(name, value));
    }
    check_cover(entries);
    for (const Entry& entry : entries) archive.tensors.emplace(entry.name, copy_tensor(entry));
    return archive;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw failure(where_, what + "; this is not a whole safetensors file: get another copy of it");
  }

  // Splits the bytes into header and data, and parses the header.
  nlohmann::json read_header() {
    if (bytes_.size() < kLengthBytes) fail("has " + std::to_string(bytes_.size()) + " bytes, too few for a header");
    uint64_t length = 0;
    std::memcpy(&length, bytes_.data(), kLengthBytes);
    const uint64_t present = bytes_.size() - kLengthBytes;
    if (length > present && length > kHeaderLimit)
      throw failure(where_, "is no safetensors file: it does not begin with the length of a header");
    if (length > present)
      fail("announces a header of " + std::to_string(length) + " bytes, but only " + std::to_string(present) +
           " follow");
    if (length > kHeaderLimit)
      fail("announces a header of " + std::to_string(length) + " bytes, more than " + std::to_string(kHeaderLimit));
    data_ = bytes_.substr(kLengthBytes + length);
    return parse(bytes_.substr(kLengthBytes, length));
  }

  nlohmann::json parse(std::string_view text) const {
    using Event = nlohmann::json::parse_event_t;
    std::array<std::set<std::string>, kDepthLimit + 1> names;  // of the objects that are open, by depth
    const auto watch = [&](int depth, Event event, const nlohmann::json& parsed) {
      const bool opens = event == Event::object_start || event == Event::array_start;
      if (opens && depth >= kDepthLimit) fail("the header is nested too deeply");
      if (event == Event::object_start) names.at(depth + 1).clear();
      if (event == Event::key && !names.at(depth).insert(parsed.get<std::string>()).second)
        fail("the header holds " + quoted(parsed.get<std::string>()) + " twice");
      return true;
    };
    try {
      nlohmann::json header = nlohmann::json::parse(text, watch);
      if (!header.is_object()) fail("the header is not a JSON object");
      return header;
    } catch (const nlohmann::json::exception&) {
      fail("the header is not valid JSON");
    }
  }

  std::map<std::string, std::string> read_metadata(const nlohmann::json& value) const {
    if (!value.is_object()) fail("__metadata__ is not an object of strings");
    std::map<std::string, std::string> metadata;
    for (const auto& [name, text] : value.items()) {
      if (!text.is_string()) fail("__metadata__ holds " + quoted(name) + ", which is not a string");
      metadata.emplace(name, text.get<std::string>());
    }
    return metadata;
  }

  Entry read_entry(const std::string& name, const nlohmann::json& value) const {
    const std::string tensor = "tensor " + quoted(name);
    const bool complete = value.is_object() && value.size() == 3 && value.contains("dtype") &&
                          value.contains("shape") && value.contains("data_offsets");
    if (!complete) fail(tensor + " does not have exactly dtype, shape and data_offsets");
    const at::ScalarType type = read_dtype(tensor, value.at("dtype"));
    const std::vector<uint64_t> dims = read_sizes(tensor, "shape", value.at("shape"));
    const std::vector<uint64_t> offsets = read_sizes(tensor, "data_offsets", value.at("data_offsets"));
    if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data_.size())
      fail(tensor + " has data_offsets outside the " + std::to_string(data_.size()) + " bytes of data");
    const uint64_t needed = bytes_of(tensor, dims, type);
    if (needed != offsets[1] - offsets[0])
      fail(tensor + " needs " + std::to_string(needed) + " bytes for its shape, but its data_offsets span " +
           std::to_string(offsets[1] - offsets[0]));
    return {name, type, Shape(dims.begin(), dims.end()), offsets[0], offsets[1]};
  }

  at::ScalarType read_dtype(const std::string& tensor, const nlohmann::json& value) const {
    const std::string name = value.is_string() ? value.get<std::string>() : "";
    const auto* const found =
        std::find_if(kDtypes.begin(), kDtypes.end(), [&](const Dtype& d) { return d.name == name; });
    if (found == kDtypes.end()) fail(tensor + " has the unknown dtype " + quoted(name));
    return found->type;
  }

  std::vector<uint64_t> read_sizes(const std::string& tensor, const char* key, const nlohmann::json& value) const {
    if (!value.is_array() || value.size() > kRankLimit) fail(tensor + " has a " + key + " that is not a short list");
    std::vector<uint64_t> sizes;
    for (const nlohmann::json& item : value) {
      if (!item.is_number_unsigned())
        fail(tensor + " has a " + key + " with something that is no whole number from 0 on");
      sizes.push_back(item.get<uint64_t>());
    }
    return sizes;
  }

  // Bytes of a tensor of this shape. The strides must not overflow either, so a dimension of zero hides no huge
  // neighbour.
  uint64_t bytes_of(const std::string& tensor, const std::vector<uint64_t>& dims, at::ScalarType type) const {
    const uint64_t element = c10::elementSize(type);
    constexpr auto kLimit = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    uint64_t extent = element;
    bool empty = false;
    for (const uint64_t dim : dims) {
      empty = empty || dim == 0;
      const uint64_t factor = std::max<uint64_t>(dim, 1);
      if (factor > kLimit / extent) fail(tensor + " has a shape whose size overflows");
      extent *= factor;
    }
    return empty ? 0 : extent;
  }

  // Every byte of the data belongs to exactly one tensor. Sorts the entries by place.
  void check_cover(std::vector<Entry>& entries) const {
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
    uint64_t covered = 0;
    for (const Entry& entry : entries) {
      if (entry.begin < covered) fail("tensor " + quoted(entry.name) + " overlaps the one before it");
      if (entry.begin > covered) fail("tensor " + quoted(entry.name) + " leaves a hole before it");
      covered = entry.end;
    }
    if (covered != data_.size())
      fail("the header describes " + std::to_string(covered) + " bytes of data, but " + std::to_string(data_.size()) +
           " follow");
  }

  Tensor copy_tensor(const Entry& entry) const {
    const std::string_view source = data_.substr(entry.begin, entry.end - entry.begin);
    const auto is_bool = [](char c) { return c == 0 || c == 1; };
    if (entry.type == at::kBool && !std::all_of(source.begin(), source.end(), is_bool))
      fail("tensor " + quoted(entry.name) + " is BOOL, but holds bytes other than 0 and 1");
    Tensor tensor = at::empty(entry.shape, at::TensorOptions(entry.type));
    if (!source.empty()) std::memcpy(tensor.data_ptr(), source.data(), source.size());
    return tensor;
  }

  std::string_view bytes_;
  std::string_view data_;
  const std::string& where_;
};

struct Item {
  std::string name;
  const char* dtype;
  Tensor tensor;  // contiguous, on the CPU
  uint64_t bytes() const { return static_cast<uint64_t>(tensor.numel()) * tensor.element_size(); }
};

// The tensors in the order of the file.
std::vector<Item> items_of(const Archive& archive) {
  std::vector<Item> items;
  for (const auto& [name, tensor] : archive.tensors) {
    const auto* const found = std::find_if(kDtypes.begin(), kDtypes.end(), [&t = tensor](const Dtype& d) {
      return t.defined() && d.type == t.scalar_type();
    });
    if (found == kDtypes.end()) throw std::invalid_argument("encode_archive: no safetensors dtype for tensor " + name);
    if (name == kMetadata) throw std::invalid_argument("encode_archive: a tensor may not be called __metadata__");
    items.push_back({name, found->name, tensor.detach().to(at::kCPU).contiguous()});
  }
  std::stable_sort(items.begin(), items.end(),
                   [](const Item& a, const Item& b) { return a.tensor.element_size() > b.tensor.element_size(); });
  return items;
}

std::string header_of(const Archive& archive, const std::vector<Item>& items) {
  Json header = Json::object();
  if (!archive.metadata.empty()) header[kMetadata] = archive.metadata;
  uint64_t offset = 0;
  for (const Item& item : items) {
    const uint64_t end = offset + item.bytes();
    header[item.name] = {{"dtype", item.dtype}, {"shape", shape_of(item.tensor)}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  try {
    std::string text = header.dump();
    text.resize((text.size() + kLengthBytes - 1) / kLengthBytes * kLengthBytes, ' ');
    return text;
  } catch (const nlohmann::json::exception&) {
    throw failure("archive", "a name or a text in it is not valid UTF-8, and safetensors can hold no other; rename it");
  }
}

}  // namespace

std::string encode_archive(const Archive& archive) {
  const std::vector<Item> items = items_of(archive);
  const std::string header = header_of(archive, items);
  const uint64_t length = header.size();
  uint64_t size = kLengthBytes + length;
  for (const Item& item : items) size += item.bytes();

  std::string bytes;
  bytes.reserve(size);
  bytes.append(reinterpret_cast<const char*>(&length), kLengthBytes);
  bytes.append(header);
  for (const Item& item : items) bytes.append(static_cast<const char*>(item.tensor.data_ptr()), item.bytes());
  return bytes;
}

Archive decode_archive(std::string_view bytes, const std::string& where) { return Decoder(bytes, where).decode(); }

Archive read_archive(const std::filesystem::path& path) { return decode_archive(read_file(path), path.string()); }

void write_archive(const std::filesystem::path& path, const Archive& archive) {
  write_file_atomic(path, encode_archive(archive));
}

}  // namespace gtn
