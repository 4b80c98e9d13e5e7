// A small classifier whose answers are the labels of real images: learned by what a learner that was taught with them
// makes of a few images whose labels are known (semi-supervised teaching; Such et al., 2019, section 3.5).
//
//   conv5x5/2(16) leaky_relu | conv3x3/2(32) leaky_relu | linear(K)
//
// A pure function of its parameters in LibTorch's differentiable operations, as the generator is.
#pragma once

#include "gtn/teacher/generator.h"

namespace gtn {

class Labeller {
 public:
  // Images are [C, H, W].
  Labeller(Shape image, int64_t classes) : image_(std::move(image)), classes_(classes) {}

  std::vector<NamedTensor> initial(const Key& key) const;
  // x [B, C, H, W] -> soft labels [B, K]. `params` as initial() orders them.
  Tensor forward(std::span<const Tensor> params, const Tensor& x) const;
  int64_t parameter_count() const;

 private:
  int64_t features() const;  // that reach the last layer

  Shape image_;
  int64_t classes_;
};

}  // namespace gtn
