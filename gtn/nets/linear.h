// The layers that carry weights: y = W x + b in its two forms, and their weight-normalised decoration.
#pragma once

#include <array>

#include "gtn/nets/layer.h"

namespace gtn {

enum class Bias { none, learned };

// Whether products of bfloat16 numbers run at their own speed there. Elsewhere float32 ones of rounded numbers stand
// for them: as exact, and no faster.
bool multiplies_bfloat16(const at::Device& device);
// A heavy layer's operand as its product takes it, and the product's result as the next layer does.
Tensor lowered(const Tensor& operand, Precision precision);
Dual lowered(const Dual& operand, Precision precision);
Tensor raised(const Tensor& result, at::ScalarType type, Precision precision);

// y = x W^T + b: [B, in] -> [B, out]. Parameters: weight [out, in], bias [out].
class Linear final : public Layer {
 public:
  Linear(int64_t in, int64_t out, Bias bias) : in_(in), out_(out), bias_(bias) {}

  std::string text() const override;
  Shape output_shape(const Shape& input) const override;
  int64_t multiply_adds(const Shape&) const override { return in_ * out_; }
  std::vector<ParamSpec> params() const override;
  void initialise(const Key& key, std::span<Tensor> params) const override;
  bool keeps_products() const override { return true; }
  Dual forward(std::span<const Dual> params, const Dual& x, Tape& tape) const override;
  Dual backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const override;

 private:
  int64_t in_, out_;
  Bias bias_;
};

struct ConvOptions {
  int64_t in = 0, out = 0;
  std::array<int64_t, 2> kernel{3, 3}, stride{1, 1}, padding{1, 1}, dilation{1, 1};
  int64_t groups = 1;
  Bias bias = Bias::learned;
};

// Two-dimensional convolution: [B, in, H, W] -> [B, out, H', W']. Parameters: weight [out, in/groups, kh, kw], bias
// [out].
class Conv final : public Layer {
 public:
  explicit Conv(ConvOptions options);

  const ConvOptions& options() const { return o_; }
  std::string text() const override;
  Shape output_shape(const Shape& input) const override;
  int64_t multiply_adds(const Shape& input) const override;
  std::vector<ParamSpec> params() const override;
  void initialise(const Key& key, std::span<Tensor> params) const override;
  bool keeps_products() const override { return true; }
  Dual forward(std::span<const Dual> params, const Dual& x, Tape& tape) const override;
  Dual backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const override;

 private:
  ConvOptions o_;
};

// Weight normalisation (Salimans and Kingma, 2016): the decorated layer's weight becomes g v / |v|, the norm taken over
// each output row. Parameters: gain [out], direction (the shape of the weight), then the rest of the decorated layer's.
// At the start g = |v|, so the effective weight is the Kaiming one.
class WeightNorm final : public Layer {
 public:
  explicit WeightNorm(LayerPtr layer) : layer_(std::move(layer)) {}

  const Layer& decorated() const { return *layer_; }
  // The decorated layer's parameters under these ones.
  Tensors effective(const Tensors& params) const;
  std::string text() const override;
  Shape output_shape(const Shape& input) const override { return layer_->output_shape(input); }
  int64_t multiply_adds(const Shape& input) const override { return layer_->multiply_adds(input); }
  std::vector<ParamSpec> params() const override;
  void initialise(const Key& key, std::span<Tensor> params) const override;
  bool keeps_products() const override { return layer_->keeps_products(); }
  Dual forward(std::span<const Dual> params, const Dual& x, Tape& tape) const override;
  Dual backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const override;

 private:
  LayerPtr layer_;
};

}  // namespace gtn
