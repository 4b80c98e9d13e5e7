// The paper's conditional generator (Such et al., 2019, appendix): noise and a label in, an image in normalised units
// out.
//
//   linear(hidden) BN leaky_relu | linear(wide * h/4 * w/4) BN leaky_relu | x2 nearest, reflection pad, conv(narrow) BN
//   leaky_relu | x2 nearest, reflection pad, conv(C) | 2 tanh
//
// A pure function of its parameters, written in LibTorch's differentiable operations: it is small work, and autograd
// serves.
#pragma once

#include <span>
#include <string>

#include "gtn/core/config_fields.h"
#include "gtn/core/random.h"

namespace gtn {

struct GeneratorConfig {
  int64_t noise = 128;    // length of z
  int64_t hidden = 1024;  // width of the first layer
  int64_t wide = 128;     // channels at a quarter of the image's size
  int64_t narrow = 64;    // channels at half of it

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("noise", self.noise, "length of the learned input z of one image", at_least(1));
    field("hidden", self.hidden, "width of the generator's first layer", at_least(1));
    field("wide", self.wide, "channels at a quarter of the image's size", at_least(1));
    field("narrow", self.narrow, "channels at half of the image's size", at_least(1));
  }
};

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

class Generator {
 public:
  // Images are [C, H, W]; any H and W from 4 on (the last layer is cropped where they are no multiple of four).
  Generator(const GeneratorConfig& config, Shape image, int64_t classes);

  std::vector<NamedTensor> initial(const Key& key) const;

  // z [B, noise], labels [B, K] -> images [B, C, H, W], channels-last. `params` as initial() orders them. Batch norm
  // uses the batch at hand.
  Tensor forward(std::span<const Tensor> params, const Tensor& z, const Tensor& labels) const;

  int64_t parameter_count() const;
  // Bytes that autograd holds at its peak for forward() of one batch and its derivative, beside parameters and their
  // gradients.
  int64_t graph_bytes(int64_t batch) const;

 private:
  GeneratorConfig config_;
  Shape image_;
  int64_t classes_;
};

}  // namespace gtn
