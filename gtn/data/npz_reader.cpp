#include "gtn/data/npz_reader.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <utility>

#include "gtn/core/quote.h"
#include "gtn/data/zip_reader.h"

namespace gtn {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are copied as they lie");

constexpr size_t kMostDimensions = 8;
constexpr int64_t kMostElements = int64_t{1} << 32;
constexpr int64_t kMostTexts = 10'000'000;  // a text takes 32 bytes, however short
constexpr size_t kMostEntries = 100;

Error damaged_array(const std::string& where, const std::string& what) {
  return failure(where, what + "; write it again with numpy.savez");
}

// What the header of a .npy file says; the elements follow it.
struct Header {
  std::string type;
  bool fortran = false;
  Shape shape;
  std::string_view elements;

  int64_t count() const {
    int64_t product = 1;
    for (const int64_t size : shape) product *= size;
    return product;
  }
};

// The text behind `key` and its colon in numpy's literal of a dictionary.
std::string_view value_of(std::string_view text, std::string_view key, const std::string& where) {
  const size_t at = text.find(key);
  if (at == std::string_view::npos) throw damaged_array(where, "its header lacks " + std::string(key));
  text.remove_prefix(at + key.size());
  const size_t begin = text.find_first_not_of(" :");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

std::string type_in(std::string_view text, const std::string& where) {
  const std::string_view value = value_of(text, "'descr'", where);
  if (value.starts_with("["))
    throw failure(where, "holds records of several fields; write one array a field, such as array['name']");
  const size_t end = value.size() > 1 && value[0] == '\'' ? value.find('\'', 1) : std::string_view::npos;
  if (end == std::string_view::npos) throw damaged_array(where, "its header names no type");
  return std::string(value.substr(1, end - 1));
}

Shape shape_in(std::string_view text, const std::string& where) {
  std::string_view value = value_of(text, "'shape'", where);
  const size_t end = value.starts_with("(") ? value.find(')') : std::string_view::npos;
  if (end == std::string_view::npos) throw damaged_array(where, "its header names no shape");
  value = value.substr(1, end - 1);
  Shape shape;
  int64_t elements = 1;
  for (size_t at = 0; (at = value.find_first_not_of(", L", at)) != std::string_view::npos;) {
    int64_t size = -1;
    const auto [stop, error] = std::from_chars(value.data() + at, value.data() + value.size(), size);
    if (error != std::errc() || size < 0) throw damaged_array(where, "its header names no shape");
    if (shape.size() == kMostDimensions || (size > 0 && elements > kMostElements / size))
      throw failure(where, "announces more elements or dimensions than are read (4 thousand million, 8); split it");
    shape.push_back(size);
    elements *= std::max<int64_t>(size, 1);
    at = static_cast<size_t>(stop - value.data());
  }
  return shape;
}

Header read_header(std::string_view bytes, const std::string& where) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  if (!bytes.starts_with(kMagic) || bytes.size() < 12) throw damaged_array(where, "is no array of numpy");
  const auto byte = [&](size_t at) { return size_t{static_cast<unsigned char>(bytes[at])}; };
  const bool old = byte(6) == 1;
  const size_t start = old ? 10 : 12;
  const size_t length = old ? byte(8) | byte(9) << 8 : byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24;
  if (length > bytes.size() - start) throw damaged_array(where, "is cut short within its header");
  const std::string_view text = bytes.substr(start, length);
  const bool fortran = value_of(text, "'fortran_order'", where).starts_with("True");
  return {type_in(text, where), fortran, shape_in(text, where), bytes.substr(start + length)};
}

// In the order that the shape names; Fortran's first index runs fastest.
Tensor shaped(const Tensor& flat, const Header& header) {
  if (!header.fortran) return flat.view(header.shape);
  const Shape reversed(header.shape.rbegin(), header.shape.rend());
  std::vector<int64_t> order;
  for (size_t i = reversed.size(); i-- > 0;) order.push_back(static_cast<int64_t>(i));
  return flat.view(reversed).permute(order).contiguous();
}

template <class Number>
Tensor widened(const Header& header, const std::string& where) {
  Tensor flat = at::empty({header.count()}, at::kLong);
  auto* out = flat.data_ptr<int64_t>();
  for (int64_t i = 0; i < header.count(); ++i) {
    Number number;
    std::memcpy(&number, header.elements.data() + static_cast<size_t>(i) * sizeof number, sizeof number);
    if (!std::in_range<int64_t>(number))
      throw failure(where, "holds numbers above those of int64; convert it with astype");
    out[i] = static_cast<int64_t>(number);
  }
  return flat;
}

Tensor copied(const Header& header, at::ScalarType type) {
  Tensor flat = at::empty({header.count()}, type);
  if (flat.nbytes() > 0) std::memcpy(flat.data_ptr(), header.elements.data(), flat.nbytes());
  return flat;
}

Tensor numbers_of(const Header& header, const std::string& kind, const std::string& where) {
  if (kind == "u1") return copied(header, at::kByte);
  if (kind == "b1") return copied(header, at::kByte).ne(0);
  if (kind == "i1") return copied(header, at::kChar);
  if (kind == "i2") return copied(header, at::kShort);
  if (kind == "i4") return copied(header, at::kInt);
  if (kind == "i8") return copied(header, at::kLong);
  if (kind == "u2") return widened<uint16_t>(header, where);
  if (kind == "u4") return widened<uint32_t>(header, where);
  if (kind == "u8") return widened<uint64_t>(header, where);
  if (kind == "f2") return copied(header, at::kHalf).to(at::kFloat);
  if (kind == "f4") return copied(header, at::kFloat);
  return copied(header, at::kDouble);
}

void append_utf8(std::string& text, uint32_t code) {
  const bool valid = code < 0x110000 && (code < 0xd800 || code > 0xdfff);
  if (!valid) code = 0xfffd;
  const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr std::array<uint32_t, 4> kLead = {0, 0xc0, 0xe0, 0xf0};
  text += static_cast<char>(kLead[static_cast<size_t>(more)] | code >> (6 * more));
  for (int i = more; i-- > 0;) text += static_cast<char>(0x80 | (code >> (6 * i) & 0x3f));
}

// Texts of `width` characters of `unit` bytes, padded with zeros.
std::vector<std::string> texts_of(const Header& header, size_t width, size_t unit) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < static_cast<size_t>(header.count()); ++i) {
    std::string text;
    for (size_t k = 0; k < width; ++k) {
      uint32_t code = 0;
      std::memcpy(&code, header.elements.data() + (i * width + k) * unit, unit);
      if (code == 0) break;
      append_utf8(text, code);
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

// The width that a type such as "U12" or "f4" names; 0 where it names none.
size_t width_in(std::string_view kind) {
  size_t width = 0;
  const auto [stop, error] = std::from_chars(kind.data() + 1, kind.data() + kind.size(), width);
  return error == std::errc() && stop == kind.data() + kind.size() ? width : 0;
}

void check_elements(const Header& header, uint64_t each, const std::string& where) {
  const uint64_t needed = each * static_cast<uint64_t>(header.count());
  if (header.elements.size() != needed)
    throw damaged_array(where, "announces " + to_string(header.shape) + ", " + std::to_string(needed) + " bytes, but " +
                                   std::to_string(header.elements.size()) + " are there");
}

}  // namespace

NumpyArray decode_npy(std::string_view bytes, const std::string& where) {
  const Header header = read_header(bytes, where);
  const bool marked = !header.type.empty() && std::string_view("<|=>").find(header.type[0]) != std::string_view::npos;
  const std::string kind = header.type.substr(marked ? 1 : 0);
  if (kind.starts_with("O"))
    throw failure(where, "holds objects (pickled), which are a program and never read; write numbers or texts");
  const size_t width = kind.size() > 1 ? width_in(kind) : 0;
  constexpr std::array<std::string_view, 12> kKnown = {"u1", "b1", "i1", "i2", "i4", "i8",
                                                       "u2", "u4", "u8", "f2", "f4", "f8"};
  const bool text = kind.starts_with("U") || kind.starts_with("S");
  constexpr size_t kLongestText = 1024;
  if (width == 0 || (text ? width > kLongestText : std::ranges::find(kKnown, kind) == kKnown.end()))
    throw failure(where, "holds elements of type " + quoted(header.type) +
                             ", but numbers and short texts are read; convert it with astype");
  if (header.type[0] == '>' && (kind[0] == 'U' || (kind[0] != 'S' && width > 1)))
    throw failure(where, "holds big-endian numbers; convert it with astype, such as array.astype('<f4')");
  if (!text) {
    check_elements(header, width, where);
    return {.numbers = shaped(numbers_of(header, kind, where), header)};
  }
  const size_t unit = kind[0] == 'U' ? 4 : 1;
  check_elements(header, width * unit, where);
  if (header.shape.size() != 1)
    throw failure(where, "holds texts " + to_string(header.shape) + ", but a list is needed");
  if (header.count() > kMostTexts)
    throw failure(where, "holds " + std::to_string(header.count()) + " texts, more than the " +
                             std::to_string(kMostTexts) + " that are read; number the classes");
  return {.texts = texts_of(header, width, unit)};
}

std::map<std::string, NumpyArray> decode_npz(std::string_view bytes, const std::string& where, Faults& faults) {
  constexpr std::string_view kEnding = ".npy";
  std::map<std::string, NumpyArray> arrays;
  const std::vector<ZipEntry> entries = zip_entries(bytes, where);
  if (entries.size() > kMostEntries)
    throw failure(where, "holds " + std::to_string(entries.size()) + " entries, but at most " +
                             std::to_string(kMostEntries) + " arrays are read; put the examples into one array");
  for (const ZipEntry& entry : entries) {
    const std::string shown = "array " + quoted(entry.name);
    if (!entry.name.ends_with(kEnding)) {
      faults.add(shown + " is no .npy file; take it out of the archive");
      continue;
    }
    try {
      NumpyArray array = decode_npy(zip_content(bytes, entry, shown), shown);
      const std::string name = entry.name.substr(0, entry.name.size() - kEnding.size());
      if (!arrays.emplace(name, std::move(array)).second) faults.add(shown + " stands there twice; remove one");
    } catch (const Error& error) {
      faults.add(error.what());
    }
  }
  return arrays;
}

}  // namespace gtn
