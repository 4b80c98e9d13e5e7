// What is wrong with a tensor that a file brought, in words.
#pragma once

#include <string>

#include "gtn/core/error.h"
#include "gtn/core/tensor.h"

namespace gtn {

// Adds to `faults` what is wrong with a tensor that should be float32, finite and of this shape (-1: any size but
// zero). Returns whether nothing is.
bool check_tensor(const std::string& name, const Tensor& tensor, const Shape& shape, Faults& faults);

// tensor.size(dim), or -1 where the tensor is undefined or of another rank.
int64_t size_or_any(const Tensor& tensor, int64_t rank, int64_t dim);

}  // namespace gtn
