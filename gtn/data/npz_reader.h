// numpy .npz archives, read as strangers give them: a zip file of .npy arrays.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gtn/core/error.h"
#include "gtn/core/tensor.h"

namespace gtn {

// One array: numbers, or texts (numpy kinds U and S) of one dimension.
struct NumpyArray {
  Tensor numbers = {};  // contiguous; bool, (u)int8 to int64, float32 or float64; uint16 and wider as int64
  std::vector<std::string> texts = {};  // UTF-8
};

// The arrays of an archive by name, without ".npy"; stored or deflated. Adds to `faults` for each that is damaged or
// cannot be used: objects (whose bytes are a program, which is never run), structures, other types, big-endian numbers,
// numbers beyond int64, sizes that do not fit the bytes. Throws a failure at `where` where the file is no zip archive,
// is cut or in several parts, or holds more than 4 GiB or 100 entries.
std::map<std::string, NumpyArray> decode_npz(std::string_view bytes, const std::string& where, Faults& faults);

// One .npy file. Throws a failure at `where`.
NumpyArray decode_npy(std::string_view bytes, const std::string& where);

}  // namespace gtn
