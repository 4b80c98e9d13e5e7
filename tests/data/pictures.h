// Pictures for the tests of own data: PNG files chunk by chunk, so that any kind can be made, and JPEG files.
#pragma once

#include <turbojpeg.h>
#include <zlib.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "gtn/core/tensor.h"

namespace gtn {

inline std::string big_endian(uint32_t value) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

inline std::string png_chunk(const std::string& name, const std::string& content) {
  const std::string body = name + content;
  return big_endian(static_cast<uint32_t>(content.size())) + body +
         big_endian(static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size())));
}

struct PngKind {
  int depth = 8;
  int colour_type = 2;      // 0 grey, 2 colour, 3 palette, 4 grey and alpha, 6 colour and alpha
  std::string before = {};  // chunks between header and pixels
};

// A PNG file of these rows, each without its filter byte.
inline std::string png_file(uint32_t width, const std::vector<std::string>& rows, const PngKind& kind = {}) {
  std::string raw;
  for (const std::string& row : rows) raw += '\0' + row;
  std::string packed(compressBound(raw.size()), '\0');
  uLongf size = packed.size();
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(raw.data()), raw.size());
  packed.resize(size);
  const std::string header = big_endian(width) + big_endian(static_cast<uint32_t>(rows.size())) +
                             static_cast<char>(kind.depth) + static_cast<char>(kind.colour_type) + std::string(3, '\0');
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + kind.before + png_chunk("IDAT", packed) +
         png_chunk("IEND", "");
}

// What a JPEG file of one colour holds.
struct JpegKind {
  int pixels = TJPF_RGB;  // or TJPF_GRAY, TJPF_CMYK
  int flags = 0;
};

// A JPEG file of these bytes, row by row.
inline std::string encode_jpeg(int width, int height, const std::string& pixels, const JpegKind& kind = {}) {
  const tjhandle encoder = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const int status =
      tjCompress2(encoder, reinterpret_cast<const unsigned char*>(pixels.data()), width, 0, height, kind.pixels, &bytes,
                  &size, kind.pixels == TJPF_GRAY ? TJSAMP_GRAY : TJSAMP_444, 95, kind.flags);
  std::string file(reinterpret_cast<char*>(bytes), status == 0 ? size : 0);
  tjFree(bytes);
  tjDestroy(encoder);
  if (status != 0) throw std::runtime_error("encode_jpeg: cannot be encoded");
  return file;
}

// A JPEG file of width x height pixels that are all `colour`, a byte a channel.
inline std::string jpeg_file(int width, int height, const std::string& colour, const JpegKind& kind = {}) {
  std::string pixels;
  for (int i = 0; i < width * height; ++i) pixels += colour;
  return encode_jpeg(width, height, pixels, kind);
}

// What a camera writes into a JPEG file: a directory of three tags, of which the second is the orientation.
inline std::string exif_tiff(uint16_t orientation, bool big = true) {
  const auto number = [big](uint32_t value, size_t size) {
    std::string bytes = big_endian(value).substr(4 - size);
    if (!big) std::ranges::reverse(bytes);
    return bytes;
  };
  const auto entry = [&](uint32_t tag, uint32_t value) {
    return number(tag, 2) + number(3, 2) + number(1, 4) + number(value, 2) + std::string(2, '\0');
  };
  return (big ? "MM" : "II") + number(42, 2) + number(8, 4) + number(3, 2) + entry(0x100, 640) +
         entry(0x112, orientation) + entry(0x213, 1) + number(0, 4);
}

// A segment of a JPEG file, such as APP1 (0xe1).
inline std::string jpeg_segment(char kind, const std::string& content) {
  return std::string("\xff") + kind + big_endian(static_cast<uint32_t>(content.size()) + 2).substr(2) + content;
}

// The JPEG file with this TIFF structure as its EXIF.
inline std::string with_exif(std::string jpeg, const std::string& tiff) {
  return jpeg.insert(2, jpeg_segment('\xe1', std::string("Exif\0\0", 6) + tiff));
}

// A grey PNG file of one value.
inline std::string grey_png(uint32_t width, uint32_t height, char value) {
  return png_file(width, std::vector<std::string>(height, std::string(width, value)), {.colour_type = 0});
}

}  // namespace gtn
