#include "gtn/data/zip_reader.h"

#include <zlib.h>

#include <algorithm>
#include <concepts>

#include "gtn/core/error.h"

namespace gtn {
namespace {

constexpr size_t kEndBytes = 22, kDirectoryBytes = 46, kLocalBytes = 30, kLongestComment = 65535;
constexpr uint32_t kZip64 = 0xffffffff;
constexpr uint64_t kContentLimit = uint64_t{4} << 30;
constexpr uint64_t kInflateGain = 1032;               // more bytes than this never come out of one deflated byte
constexpr uint64_t kInflateStep = uint64_t{1} << 30;  // zlib counts in 32 bits

Error broken(const std::string& where, const std::string& what) {
  return failure(where, what + "; get another copy of the file");
}

// A little-endian number; zero beyond the end, which no signature is.
template <std::unsigned_integral T>
T number_at(std::string_view bytes, uint64_t at) {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T) && at + i < bytes.size(); ++i)
    value |= uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return static_cast<T>(value);
}

// Where the end of the directory begins.
size_t find_end(std::string_view bytes, const std::string& where) {
  if (bytes.size() >= kEndBytes) {
    const size_t last = bytes.size() - kEndBytes, first = last - std::min(last, kLongestComment);
    for (size_t at = last + 1; at-- > first;)
      if (bytes.substr(at, 4) == "PK\x05\x06" && at + kEndBytes + number_at<uint16_t>(bytes, at + 20) == bytes.size())
        return at;
  }
  throw broken(where, "is no whole zip archive, as .npz files are (no directory at its end)");
}

std::string inflated(std::string_view packed, uint64_t size, const std::string& where) {
  std::string content(size, '\0');
  z_stream state{};
  if (inflateInit2(&state, -MAX_WBITS) != Z_OK) throw failure(where, "cannot be unpacked: out of memory");
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // zlib only reads it
  state.next_out = reinterpret_cast<Bytef*>(content.data());
  uint64_t in = packed.size(), out = size;
  int status = Z_OK;
  while (status == Z_OK) {
    state.avail_in = static_cast<uInt>(std::min(in, kInflateStep));
    state.avail_out = static_cast<uInt>(std::min(out, kInflateStep));
    const uint64_t given = state.avail_in, room = state.avail_out;
    status = inflate(&state, Z_NO_FLUSH);
    in -= given - state.avail_in;
    out -= room - state.avail_out;
  }
  inflateEnd(&state);
  if (status != Z_STREAM_END || in != 0 || out != 0) throw broken(where, "its deflated bytes are damaged");
  return content;
}

}  // namespace

std::vector<ZipEntry> zip_entries(std::string_view bytes, const std::string& where) {
  const size_t end = find_end(bytes, where);
  const auto count = number_at<uint16_t>(bytes, end + 10);
  uint64_t at = number_at<uint32_t>(bytes, end + 16);
  if (number_at<uint16_t>(bytes, end + 4) != 0 || number_at<uint16_t>(bytes, end + 8) != count)
    throw failure(where, "is one part of a zip archive of several; join them");
  if (at == kZip64 || count == 0xffff) throw failure(where, "is a zip archive of more than 4 GiB; split it");
  std::vector<ZipEntry> entries;
  uint64_t together = 0;
  for (uint16_t i = 0; i < count; ++i) {
    if (at + kDirectoryBytes > end || bytes.substr(at, 4) != "PK\x01\x02")
      throw broken(where, "its directory is damaged at entry " + std::to_string(i));
    const uint64_t name = number_at<uint16_t>(bytes, at + 28);
    const uint64_t rest = uint64_t{number_at<uint16_t>(bytes, at + 30)} + number_at<uint16_t>(bytes, at + 32);
    if (at + kDirectoryBytes + name > end)
      throw broken(where, "its directory is damaged at entry " + std::to_string(i));
    entries.push_back({.name = std::string(bytes.substr(at + kDirectoryBytes, name)),
                       .method = number_at<uint16_t>(bytes, at + 10),
                       .encrypted = (number_at<uint16_t>(bytes, at + 8) & 1) != 0,
                       .checksum = number_at<uint32_t>(bytes, at + 16),
                       .packed = number_at<uint32_t>(bytes, at + 20),
                       .size = number_at<uint32_t>(bytes, at + 24),
                       .header = number_at<uint32_t>(bytes, at + 42)});
    together += entries.back().size;
    at += kDirectoryBytes + name + rest;
  }
  if (together > kContentLimit)
    throw failure(where,
                  "announces " + std::to_string(together) + " bytes, more than the 4 GiB that are read; split it");
  return entries;
}

std::string zip_content(std::string_view bytes, const ZipEntry& entry, const std::string& where) {
  if (entry.encrypted) throw failure(where, "is encrypted; write it without a password");
  if (entry.method != 0 && entry.method != Z_DEFLATED)
    throw failure(where, "is packed by method " + std::to_string(entry.method) +
                             ", but only stored and deflated entries are read; write it with numpy.savez");
  if (entry.packed == kZip64 || entry.size == kZip64)
    throw failure(where, "announces more than the 4 GiB that are read; split it");
  const uint64_t start = entry.header + kLocalBytes + number_at<uint16_t>(bytes, entry.header + 26) +
                         number_at<uint16_t>(bytes, entry.header + 28);
  if (bytes.substr(std::min<uint64_t>(entry.header, bytes.size()), 4) != "PK\x03\x04" || start > bytes.size() ||
      entry.packed > bytes.size() - start)
    throw broken(where, "does not lie where the directory says");
  const std::string_view packed = bytes.substr(start, entry.packed);
  if (entry.method == 0 ? entry.packed != entry.size : entry.size > kInflateGain * entry.packed)
    throw broken(where, "announces " + std::to_string(entry.size) + " bytes, which its " +
                            std::to_string(entry.packed) + " cannot hold");
  std::string content = entry.method == 0 ? std::string(packed) : inflated(packed, entry.size, where);
  const auto sum = crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size());
  if (sum != entry.checksum) throw broken(where, "its check sum differs");
  return content;
}

}  // namespace gtn
