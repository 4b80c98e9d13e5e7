// Small files for the tests of the data floor: IDX bytes, gzip.
#pragma once

#include <zlib.h>

#include <string>

#include "gtn/core/file.h"
#include "gtn/core/random.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace gtn {

// IDX bytes with this header, whatever follows it.
inline std::string idx_bytes(const Shape& shape, const std::string& elements, char type = 0x08) {
  std::string bytes{'\0', '\0', type, static_cast<char>(shape.size())};
  for (const int64_t dim : shape)
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(dim >> shift & 0xff);
  return bytes + elements;
}

inline std::string idx_bytes(const Tensor& tensor) {
  const Tensor bytes = tensor.to(at::kByte).contiguous();
  return idx_bytes(shape_of(bytes), std::string(static_cast<const char*>(bytes.data_ptr()), bytes.nbytes()));
}

inline std::string gzip(const std::string& bytes) {
  z_stream state{};
  if (deflateInit2(&state, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::string packed(deflateBound(&state, bytes.size()) + 32, '\0');
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  state.avail_in = static_cast<uInt>(bytes.size());
  state.next_out = reinterpret_cast<Bytef*>(packed.data());
  state.avail_out = static_cast<uInt>(packed.size());
  deflate(&state, Z_FINISH);
  packed.resize(state.total_out);
  deflateEnd(&state);
  return packed;
}

inline Tensor random_pixels(const Shape& shape, uint64_t seed) {
  int64_t count = 1;
  for (const int64_t dim : shape) count *= dim;
  return Key(seed).integers(count, 256).to(at::kByte).view(shape);
}

// A folder of the four standard files: `train` and `test` images of 4 x 5 pixels in 10 classes.
inline void write_idx_folder(const std::filesystem::path& folder, int64_t train, int64_t test) {
  std::filesystem::create_directories(folder);
  write_file_atomic(folder / "train-images-idx3-ubyte", idx_bytes(random_pixels({train, 4, 5}, 1)));
  write_file_atomic(folder / "train-labels-idx1-ubyte.gz", gzip(idx_bytes(at::arange(train).remainder(10))));
  write_file_atomic(folder / "t10k-images-idx3-ubyte.gz", gzip(idx_bytes(random_pixels({test, 4, 5}, 2))));
  write_file_atomic(folder / "t10k-labels-idx1-ubyte", idx_bytes(at::arange(test).remainder(10)));
}

}  // namespace gtn
