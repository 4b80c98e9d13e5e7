// Layers without parameters that move or gather positions.
#pragma once

#include "gtn/nets/layer.h"

namespace gtn {

enum class PoolKind { max, average };

struct PoolOptions {
  PoolKind kind = PoolKind::max;
  int64_t kernel = 2, stride = 2;
  int64_t before = 0, after = 0;  // rows of padding above and below, columns to the left and right
};

// Pooling over windows of k x k with stride s and padding p: [B, C, H, W] -> [B, C, H', W']. The average leaves padding
// out of its count, as cell search spaces do (Dong and Yang, 2020).
class Pool final : public Layer {
 public:
  // `padding` on all four sides.
  Pool(PoolKind kind, int64_t kernel, int64_t stride, int64_t padding);
  // Padded so that H' = ceil(H / stride); an even window has one row more of padding below than above, and one column
  // more to the right than to the left.
  static Pool same(PoolKind kind, int64_t kernel, int64_t stride);

  PoolOptions options() const { return {kind_, kernel_, stride_, padding_, padding_ + extra_}; }
  std::string text() const override;
  Shape output_shape(const Shape& input) const override;
  std::optional<LocalOp> local_op(const Shape& input) const override;
  Dual forward(std::span<const Dual> params, const Dual& x, Tape& tape) const override;
  Dual backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const override;

 private:
  // `extra`: rows of padding below, and columns to the right, beyond `padding`.
  Pool(PoolKind kind, int64_t kernel, int64_t stride, int64_t padding, int64_t extra);

  Tensor extended(const Tensor& x, double fill) const;
  Tensor average(const Tensor& x) const;
  Tensor counted_share(const Tensor& x) const;
  Tensor max_backward(const Tensor& grad_y, const Tensor& x, const Tensor& index) const;
  Tensor average_backward(const Tensor& grad_y, const Tensor& x) const;

  PoolKind kind_;
  int64_t kernel_, stride_, padding_, extra_;
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
