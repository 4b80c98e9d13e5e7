// Reads event files as TensorBoard does, written from the formats' descriptions and not from gtn/runs/event_file.cpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "gtn/core/file.h"

namespace gtn {

// Bit by bit: the remainder of a division by Castagnoli's polynomial.
inline uint32_t crc32c(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFFu;
  for (const char byte : bytes)
    for (int bit = 0; bit < 8; ++bit) {
      const bool carry = ((crc ^ (static_cast<uint8_t>(byte) >> bit)) & 1) != 0;
      crc = (crc >> 1) ^ (carry ? 0x82F63B78u : 0u);
    }
  return ~crc;
}

template <class T>
T taken(std::string_view& bytes) {
  T value;
  if (bytes.size() < sizeof value) throw std::runtime_error("cut off");
  std::memcpy(&value, bytes.data(), sizeof value);  // this machine's order is the file's
  bytes.remove_prefix(sizeof value);
  return value;
}

inline std::string taken_text(std::string_view& bytes, uint64_t size) {
  if (bytes.size() < size) throw std::runtime_error("cut off");
  const std::string text(bytes.substr(0, size));
  bytes.remove_prefix(size);
  return text;
}

// The data of every record; throws where a record is cut off or a checksum is wrong.
inline std::vector<std::string> records_in(std::string_view bytes) {
  const auto check = [&](const std::string& of) {
    const uint32_t crc = crc32c(of);
    if (taken<uint32_t>(bytes) != ((crc >> 15) | (crc << 17)) + 0xA282EAD8u) throw std::runtime_error("checksum");
  };
  std::vector<std::string> records;
  while (!bytes.empty()) {
    const std::string length = taken_text(bytes, 8);
    check(length);
    std::string_view number = length;
    records.push_back(taken_text(bytes, taken<uint64_t>(number)));
    check(records.back());
  }
  return records;
}

// A field of a message in the encoding of protocol buffers.
struct WireField {
  uint64_t number, bits;  // an integer, or the bits of a float
  std::string bytes;      // text or a message
};

inline uint64_t taken_varint(std::string_view& bytes) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = taken<uint8_t>(bytes);
    value |= uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
}

inline std::vector<WireField> wire_fields_of(std::string_view message) {
  std::vector<WireField> fields;
  while (!message.empty()) {
    const uint64_t key = taken_varint(message);
    WireField field{key >> 3, 0, {}};
    switch (key & 7) {
      case 0:
        field.bits = taken_varint(message);
        break;
      case 1:
        field.bits = taken<uint64_t>(message);
        break;
      case 2:
        field.bytes = taken_text(message, taken_varint(message));
        break;
      case 5:
        field.bits = taken<uint32_t>(message);
        break;
      default:
        throw std::runtime_error("no such wire type");
    }
    fields.push_back(field);
  }
  return fields;
}

struct ReadImage {
  uint64_t height = 0, width = 0, colorspace = 0;
  std::string png;
};

struct ReadEvent {
  double wall_time = 0;
  int64_t step = 0;
  std::string version;
  uint64_t status = 0;  // of a session: 1 is START
  std::map<std::string, float> scalars;
  std::map<std::string, ReadImage> images;
};

inline ReadImage image_in(std::string_view message) {
  ReadImage image;
  for (const WireField& field : wire_fields_of(message)) {
    if (field.number == 1) image.height = field.bits;
    if (field.number == 2) image.width = field.bits;
    if (field.number == 3) image.colorspace = field.bits;
    if (field.number == 4) image.png = field.bytes;
  }
  return image;
}

inline void read_value(std::string_view message, ReadEvent& event) {
  std::string tag;
  for (const WireField& field : wire_fields_of(message)) {
    if (field.number == 1) tag = field.bytes;
    if (field.number == 2) event.scalars[tag] = std::bit_cast<float>(static_cast<uint32_t>(field.bits));
    if (field.number == 4) event.images[tag] = image_in(field.bytes);
  }
}

inline ReadEvent event_in(std::string_view message) {
  ReadEvent event;
  for (const WireField& field : wire_fields_of(message)) {
    if (field.number == 1) event.wall_time = std::bit_cast<double>(field.bits);
    if (field.number == 2) event.step = static_cast<int64_t>(field.bits);
    if (field.number == 3) event.version = field.bytes;
    if (field.number == 5)
      for (const WireField& value : wire_fields_of(field.bytes)) read_value(value.bytes, event);
    if (field.number == 7)
      for (const WireField& part : wire_fields_of(field.bytes))
        if (part.number == 1) event.status = part.bits;
  }
  return event;
}

inline std::vector<ReadEvent> read_events(const std::filesystem::path& path) {
  std::vector<ReadEvent> events;
  for (const std::string& record : records_in(read_file(path))) events.push_back(event_in(record));
  return events;
}

// The event files of a folder in the order in which TensorBoard reads them.
inline std::vector<std::filesystem::path> event_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace gtn
