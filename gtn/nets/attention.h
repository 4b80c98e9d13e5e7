// Self-attention over the positions of an image.
#pragma once

#include "gtn/nets/layer.h"

namespace gtn {

// Scaled dot-product attention with several heads (Vaswani et al., 2017) over the H W positions of an image:
// [B, C, H, W] -> [B, C, H, W]. With X [B, HW, C], and for each head Q = X Wq^T, K = X Wk^T, V = X Wv^T in [B, HW,
// dim]:
//
//   Y = concat over heads of softmax(Q K^T / sqrt(dim)) V, times Wo^T
//
// Parameters: query, key, value [heads dim, C] and output [C, heads dim], without biases. There is no encoding of the
// position: what stands before it (a convolution that pads, for one) has to tell positions apart. The tape holds HW x
// HW weights a head and image. Always computed in the type of the parameters.
class Attention final : public Layer {
 public:
  // `dim`: channels of a head. Throws a usage error where one of the three is below one.
  Attention(int64_t channels, int64_t heads, int64_t dim);

  int64_t heads() const { return heads_; }
  int64_t dim() const { return dim_; }
  std::string text() const override;
  Shape output_shape(const Shape& input) const override;
  int64_t multiply_adds(const Shape& input) const override;
  std::vector<ParamSpec> params() const override;
  void initialise(const Key& key, std::span<Tensor> params) const override;
  Dual forward(std::span<const Dual> params, const Dual& x, Tape& tape) const override;
  Dual backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const override;

 private:
  int64_t inner() const { return heads_ * dim_; }
  double scale() const;
  Dual split_heads(const Dual& rows, int64_t batch) const;
  Dual merge_heads(const Dual& heads) const;

  int64_t channels_, heads_, dim_;
};

}  // namespace gtn
