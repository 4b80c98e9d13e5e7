#include "gtn/data/idx.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "gtn/core/error.h"
#include "gtn/core/file.h"

namespace gtn {
namespace {

constexpr size_t kMagicBytes = 4;
constexpr unsigned char kUnsignedByte = 0x08;
constexpr size_t kMaxRank = 8;
constexpr uint64_t kSizeLimit = uint64_t{4} << 30;
constexpr size_t kChunkBytes = size_t{1} << 20;

unsigned char byte_at(std::string_view bytes, size_t i) { return static_cast<unsigned char>(bytes[i]); }

bool is_gzip(std::string_view bytes) {
  return bytes.size() >= 2 && byte_at(bytes, 0) == 0x1f && byte_at(bytes, 1) == 0x8b;
}

// Hands out the bytes of an IDX file in order, whatever they are wrapped in.
class Stream {
 public:
  virtual ~Stream() = default;
  // The next `count` bytes, or all that are left where these are fewer.
  virtual std::string_view read(size_t count) = 0;
};

class PlainStream final : public Stream {
 public:
  explicit PlainStream(std::string_view bytes) : bytes_(bytes) {}
  std::string_view read(size_t count) override {
    const std::string_view part = bytes_.substr(0, count);
    bytes_.remove_prefix(part.size());
    return part;
  }

 private:
  std::string_view bytes_;
};

// Unpacks only what is asked for, so that a small file cannot grow without bound.
class GzipStream final : public Stream {
 public:
  GzipStream(std::string_view bytes, const std::string& where) : rest_(bytes), where_(where) {
    if (inflateInit2(&state_, 16 + MAX_WBITS) != Z_OK) throw failure(where_, "cannot be unpacked: out of memory");
  }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;
  ~GzipStream() override { inflateEnd(&state_); }

  std::string_view read(size_t count) override {
    buffer_.clear();
    while (buffer_.size() < count && !done_) unpack(std::min(kChunkBytes, count - buffer_.size()));
    return buffer_;
  }

 private:
  // Appends up to `count` bytes, kChunkBytes at most.
  void unpack(size_t count) {
    const size_t given = std::min(rest_.size(), kChunkBytes);
    state_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest_.data()));  // zlib only reads it
    state_.avail_in = static_cast<uInt>(given);
    state_.next_out = reinterpret_cast<Bytef*>(chunk_.data());
    state_.avail_out = static_cast<uInt>(count);
    const int status = inflate(&state_, Z_NO_FLUSH);
    rest_.remove_prefix(given - state_.avail_in);
    buffer_.append(chunk_.data(), count - state_.avail_out);
    if (status == Z_STREAM_END) return finish_member();
    if (status == Z_BUF_ERROR) throw failure(where_, "the gzip stream is cut short; get another copy of the file");
    if (status != Z_OK)
      throw failure(where_, std::string("the gzip stream is damaged (") + (state_.msg ? state_.msg : "unknown reason") +
                                "); get another copy of the file");
  }

  // A gzip file may hold several streams, one after the other.
  void finish_member() {
    if (rest_.empty())
      done_ = true;
    else if (is_gzip(rest_))
      inflateReset(&state_);
    else
      throw failure(where_, "something that is not gzip follows the gzip stream; get another copy of the file");
  }

  std::string_view rest_;
  const std::string& where_;
  z_stream state_{};
  std::string buffer_;
  std::string chunk_ = std::string(kChunkBytes, '\0');  // cleared once: a file may hold a million empty streams
  bool done_ = false;
};

Shape read_header(Stream& stream, const std::string& where) {
  const std::string magic(stream.read(kMagicBytes));
  if (magic.size() < kMagicBytes || magic[0] != 0 || magic[1] != 0)
    throw failure(
        where,
        "is not an IDX file (it does not begin with two zero bytes and a type); give a *-ubyte or *-ubyte.gz file");
  if (byte_at(magic, 2) != kUnsignedByte)
    throw failure(where, "holds elements of type " + std::to_string(byte_at(magic, 2)) +
                             ", but only unsigned bytes (type 8) are read; convert it");
  const size_t rank = byte_at(magic, 3);
  if (rank < 1 || rank > kMaxRank)
    throw failure(where, "announces " + std::to_string(rank) +
                             " dimensions, but 1 to 8 are possible; get another copy of the file");
  const std::string sizes(stream.read(4 * rank));
  if (sizes.size() < 4 * rank) throw failure(where, "is cut short within its header; get another copy of the file");
  Shape shape;
  for (size_t i = 0; i < 4 * rank; i += 4)
    shape.push_back(int64_t{byte_at(sizes, i)} << 24 | byte_at(sizes, i + 1) << 16 | byte_at(sizes, i + 2) << 8 |
                    byte_at(sizes, i + 3));
  return shape;
}

uint64_t elements_of(const Shape& shape, const std::string& where) {
  uint64_t count = 1;
  for (const int64_t dim : shape) {
    if (dim == 0)
      throw failure(where, "announces the dimensions " + to_string(shape) + ", which hold nothing; get another copy");
    if (static_cast<uint64_t>(dim) > kSizeLimit / count)
      throw failure(where,
                    "announces the dimensions " + to_string(shape) + ", more than the 4 GiB that are read; split it");
    count *= static_cast<uint64_t>(dim);
  }
  return count;
}

}  // namespace

Tensor decode_idx(std::string_view bytes, const std::string& where) {
  PlainStream plain(bytes);
  std::optional<GzipStream> gzip;
  if (is_gzip(bytes)) gzip.emplace(bytes, where);
  Stream& stream = gzip ? static_cast<Stream&>(*gzip) : plain;

  const Shape shape = read_header(stream, where);
  const uint64_t announced = elements_of(shape, where);
  const std::string_view elements = stream.read(announced + 1);  // one more than is right betrays what trails
  if (elements.size() < announced)
    throw failure(where, "is cut short: its header announces " + to_string(shape) + ", " + std::to_string(announced) +
                             " bytes, but " + std::to_string(elements.size()) +
                             " are there; get another copy of the file");
  if (elements.size() > announced)
    throw failure(where, "goes on after the " + std::to_string(announced) + " bytes that its header " +
                             to_string(shape) + " announces; get another copy of the file");
  Tensor tensor = at::empty(shape, at::kByte);
  std::memcpy(tensor.data_ptr(), elements.data(), elements.size());
  return tensor;
}

Tensor read_idx(const std::filesystem::path& path) { return decode_idx(read_file(path), path.string()); }

}  // namespace gtn
