// The only door to LibTorch. Every other file includes this one and never a `torch/` or `ATen/` header, so that the
// library builds quickly (this set costs half of torch/torch.h) and a difference between LibTorch versions has one
// home.
#pragma once

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/grad_mode.h>
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace gtn {

using at::Tensor;
using Shape = std::vector<int64_t>;
using Tensors = std::vector<Tensor>;

constexpr at::MemoryFormat kChannelsLast = at::MemoryFormat::ChannelsLast;

// Operations inside this scope record no autograd graph.
using NoGrad = at::NoGradGuard;
// Operations inside this scope record one, also where an outer scope switched it off.
class WithGrad {
  at::AutoGradMode mode_{true};
};

// The value of a tensor of one element, of any floating type.
double scalar(const Tensor& tensor);

// "[50, 1, 28, 28]", for messages.
std::string to_string(const Shape& shape);

inline Shape shape_of(const Tensor& tensor) { return tensor.sizes().vec(); }

// Process-wide settings for training, to be called once by a program: how many threads one operation may use, denormal
// floats flushed to zero, freed memory kept instead of returned to the system (a fresh page costs more than the
// arithmetic on it), and short waits (gtn/core/short_waits.h). They change speed, and the last bits of sums from one
// thread count to another. Throws where `threads` is below one.
void configure_process(int threads);

// The version of LibTorch, "1.13.0", and the instruction set that its own kernels chose on this processor, "AVX2";
// "unknown" where it does not say.
std::string libtorch_version();
std::string libtorch_instruction_set();

// "cpu" or "cuda[:i]". Throws a usage error for an unknown or absent device.
at::Device parse_device(const std::string& text);

}  // namespace gtn
