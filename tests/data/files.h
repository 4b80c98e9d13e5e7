// Small files for the tests of the data floor: a temporary folder, IDX bytes, gzip.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/random.h"

namespace gtn {

// A folder of its own, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "gtn_test_XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

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

// The message of the gtn::Error that `action` throws; fails the test where it throws none.
template <typename Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no gtn::Error was thrown";
  return {};
}

}  // namespace gtn
