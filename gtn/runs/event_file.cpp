#include "gtn/runs/event_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <stdexcept>

#include "gtn/core/error.h"
#include "gtn/core/file.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPrefix = "events.out.tfevents.";
constexpr std::string_view kSuffix = ".gtn";
constexpr size_t kDigits = 10;  // of the seconds since 1970 between them, until 2286

// Castagnoli's polynomial 0x1EDC6F41, bits reversed: one entry for each byte that is shifted out.
constexpr std::array<uint32_t, 256> kCrcTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ (rest & 1 ? 0x82F63B78u : 0u);
    table[byte] = rest;
  }
  return table;
}();

// The mask keeps a checksum of bytes that hold checksums from being a poor one.
uint32_t masked_crc32c(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFFu;
  for (const char byte : bytes) crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<uint8_t>(byte)) & 0xFF];
  return std::rotr(~crc, 15) + 0xA282EAD8u;
}

// Least significant byte first.
std::string little_endian(uint64_t bits, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(bits >> (8 * i));
  return text;
}

std::string record_of(std::string_view data) {
  const std::string length = little_endian(data.size(), 8);
  std::string record = length + little_endian(masked_crc32c(length), 4);
  return record.append(data).append(little_endian(masked_crc32c(data), 4));
}

// A message in the making: fields by their numbers.
class Message {
 public:
  Message& integer(uint32_t number, int64_t value) {
    key(number, 0);
    varint(static_cast<uint64_t>(value));
    return *this;
  }
  Message& float64(uint32_t number, double value) {
    key(number, 1);
    bytes_ += little_endian(std::bit_cast<uint64_t>(value), 8);
    return *this;
  }
  // Text, bytes or another message.
  Message& bytes(uint32_t number, std::string_view value) {
    key(number, 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  Message& float32(uint32_t number, float value) {
    key(number, 5);
    bytes_ += little_endian(std::bit_cast<uint32_t>(value), 4);
    return *this;
  }
  operator std::string_view() const { return bytes_; }

 private:
  void key(uint32_t number, uint32_t wire_type) { varint((number << 3) | wire_type); }
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

// An Event without its content.
Message event_now() {
  const std::chrono::duration<double> since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return Message().float64(1, since_1970.count());
}

// The SECONDS of a name; -1 where it is none of an event file.
int64_t seconds_of(std::string_view name) {
  int64_t seconds = -1;
  if (name.starts_with(kPrefix) && name.ends_with(kSuffix) && name.size() == kPrefix.size() + kDigits + kSuffix.size())
    std::from_chars(name.data() + kPrefix.size(), name.data() + kPrefix.size() + kDigits, seconds);
  return seconds;
}

fs::path next_path(const fs::path& folder) {
  make_folder(folder);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    seconds = std::max(seconds, seconds_of(entry.path().filename().string()) + 1);
  if (error) throw failure(folder.string(), "cannot be listed (" + error.message() + "); make it readable");
  std::string digits = std::to_string(seconds);
  digits.insert(0, kDigits - std::min(kDigits, digits.size()), '0');
  return folder / std::string(kPrefix).append(digits).append(kSuffix);
}

}  // namespace

EventFile::EventFile(const fs::path& folder) : file_(next_path(folder)) {
  file_.append(record_of(event_now().bytes(3, "brain.Event:2")));
}

void EventFile::add_scalars(int64_t step, std::initializer_list<EventScalar> scalars) {
  Message summary;
  for (const EventScalar& scalar : scalars)
    summary.bytes(1, Message().bytes(1, scalar.tag).float32(2, static_cast<float>(scalar.value)));
  file_.append(record_of(event_now().integer(2, step).bytes(5, summary)));
}

void EventFile::add_image(int64_t step, const EventImage& image) {
  if (image.channels != 1 && image.channels != 3)
    throw std::invalid_argument("an image of an event file has 1 or 3 channels");
  Message picture;
  picture.integer(1, image.height).integer(2, image.width).integer(3, image.channels).bytes(4, image.png);
  const Message summary = Message().bytes(1, Message().bytes(1, image.tag).bytes(4, picture));
  file_.append(record_of(event_now().integer(2, step).bytes(5, summary)));
}

void EventFile::add_restart(int64_t step) {
  file_.append(record_of(event_now().integer(2, step).bytes(7, Message().integer(1, 1))));  // START
}

}  // namespace gtn
