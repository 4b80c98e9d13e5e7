// A small convolutional network from real images to numbers, learned with the teacher. Its answers are the labels of
// unlabelled images (semi-supervised teaching; Such et al., 2019, section 3.5), or inputs from which the generator is
// to make the image again (the auxiliary loss of an autoencoder).
//
//   conv5x5/2(16) leaky_relu | conv3x3/2(32) leaky_relu | linear(outputs)
//
// A pure function of its parameters in LibTorch's differentiable operations, as the generator is.
#pragma once

#include "gtn/teacher/generator.h"

namespace gtn {

class ImageEncoder {
 public:
  // Images are [C, H, W]. `name` begins the names of its parameters.
  ImageEncoder(std::string name, Shape image, int64_t outputs)
      : name_(std::move(name)), image_(std::move(image)), outputs_(outputs) {}

  std::vector<NamedTensor> initial(const Key& key) const;
  // x [B, C, H, W] -> [B, outputs]. `params` as initial() orders them.
  Tensor forward(std::span<const Tensor> params, const Tensor& x) const;
  int64_t parameter_count() const;

 private:
  int64_t features() const;  // that reach the last layer

  std::string name_;
  Shape image_;
  int64_t outputs_;
};

}  // namespace gtn
