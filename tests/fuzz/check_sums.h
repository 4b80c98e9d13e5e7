// Check sums made right after a mutation: else a fuzzer never gets past the first one.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace gtn {

inline uint32_t crc_of(const uint8_t* data, size_t size) { return static_cast<uint32_t>(crc32_z(0, data, size)); }

inline uint64_t little_endian(const uint8_t* bytes, size_t size) {
  uint64_t value = 0;
  for (size_t i = size; i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

// Of every chunk of a PNG file, as far as its lengths are sound.
inline void mend_png(uint8_t* data, size_t size) {
  constexpr size_t kSignature = 8, kFrame = 12;  // of a chunk: length, name, content, check sum
  for (size_t at = kSignature; at + kFrame <= size;) {
    size_t length = 0;
    for (size_t i = 0; i < 4; ++i) length = length << 8 | data[at + i];
    if (length > size - at - kFrame) return;
    const uint32_t sum = crc_of(data + at + 4, 4 + length);
    for (size_t i = 0; i < 4; ++i) data[at + 8 + length + i] = static_cast<uint8_t>(sum >> (24 - 8 * i));
    at += kFrame + length;
  }
}

// Of every stored entry of a zip archive that its directory finds.
inline void mend_zip(uint8_t* data, size_t size) {
  constexpr size_t kDirectory = 46, kLocal = 30;
  for (size_t at = 0; at + kDirectory <= size; ++at) {
    if (std::memcmp(data + at, "PK\1\2", 4) != 0 || little_endian(data + at + 10, 2) != 0) continue;
    const uint64_t header = little_endian(data + at + 42, 4), packed = little_endian(data + at + 20, 4);
    if (header + kLocal > size) continue;
    const uint64_t start =
        header + kLocal + little_endian(data + header + 26, 2) + little_endian(data + header + 28, 2);
    if (start > size || packed > size - start) continue;
    const uint32_t sum = crc_of(data + start, packed);
    for (size_t i = 0; i < 4; ++i) data[at + 16 + i] = static_cast<uint8_t>(sum >> (8 * i));
  }
}

}  // namespace gtn
