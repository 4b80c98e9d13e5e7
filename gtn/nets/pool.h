// Layers without parameters that move or gather positions.
#pragma once

#include "gtn/nets/layer.h"

namespace gtn {

enum class PoolKind { max, average };

// Pooling over windows of k x k with stride s and padding p: [B, C, H, W] -> [B, C, H', W']. The average leaves padding
// out of its count, as cell search spaces do (Dong and Yang, 2020).
class Pool final : public Layer {
 public:
  Pool(PoolKind kind, int64_t kernel, int64_t stride, int64_t padding);

  std::string text() const override;
  Shape output_shape(const Shape& input) const override;
  std::optional<LocalOp> local_op(const Shape& input) const override;
  Dual forward(std::span<const Dual> params, const Dual& x, Tape& tape) const override;
  Dual backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const override;

 private:
  Tensor average(const Tensor& x) const;

  PoolKind kind_;
  int64_t kernel_, stride_, padding_;
};

// The mean over all positions: [B, C, H, W] -> [B, C].
class GlobalAveragePool final : public Layer {
 public:
  std::string text() const override { return "gap"; }
  Shape output_shape(const Shape& input) const override;
  std::optional<LocalOp> local_op(const Shape& input) const override;
  Dual forward(std::span<const Dual> params, const Dual& x, Tape& tape) const override;
  Dual backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const override;
};

// [B, C, H, W] -> [B, H W C]: position-major, which is free for channels-last tensors.
class Flatten final : public Layer {
 public:
  std::string text() const override { return "flatten"; }
  Shape output_shape(const Shape& input) const override;
  Dual forward(std::span<const Dual> params, const Dual& x, Tape& tape) const override;
  Dual backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const override;
};

}  // namespace gtn
