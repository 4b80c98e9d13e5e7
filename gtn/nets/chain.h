// Consecutive layers that treat every channel alone, run as one: on the CPU in float32 by the fused kernels, image by
// image while it lies in the cache; everywhere else, and where an autograd graph is being recorded, layer by layer.
// Only the chain's input is kept for the backward pass, which computes the rest again.
#pragma once

#include "gtn/nets/layer.h"

namespace gtn {

class Chain final : public Layer {
 public:
  // Layers whose local_op() says something, a normalisation only as the first. `input` is the shape of one example.
  Chain(std::vector<LayerPtr> layers, const Shape& input);

  // Whether `next` may follow a chain of these layers.
  static bool extends(const std::vector<LayerPtr>& layers, const Layer& next, const Shape& input);

  std::string text() const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParamSpec> params() const override;
  std::vector<std::string> statistics() const override { return layers_.front()->statistics(); }
  Dual forward(std::span<const Dual> params, const Dual& x, Tape& tape) const override;
  Dual backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const override;

 private:
  struct Fused;
  Dual forward_one_by_one(std::span<const Dual> params, const Dual& x, Tape& tape) const;
  Dual backward_one_by_one(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const;
  Dual forward_fused(std::span<const Dual> params, const Dual& x, Tape& tape) const;
  Dual backward_fused(const Dual& grad_y, Tape& tape, std::span<Dual> grads) const;
  Dual make_output(const Dual& x, bool carries) const;

  std::vector<LayerPtr> layers_;
  std::vector<LocalOp> ops_;
  Shape output_;  // of one example
};

}  // namespace gtn
