// Elementwise nonlinearities. The piecewise linear ones have no second derivative almost everywhere; the smooth ones
// carry it.
#pragma once

#include "gtn/nets/layer.h"

namespace gtn {

// max(x, slope x); slope 0 is ReLU.
class LeakyRelu final : public Layer {
 public:
  explicit LeakyRelu(double slope) : slope_(slope) {}

  double slope() const { return slope_; }
  std::string text() const override;
  Shape output_shape(const Shape& input) const override { return input; }
  std::optional<LocalOp> local_op(const Shape& input) const override;
  Dual forward(std::span<const Dual> params, const Dual& x, Tape& tape) const override;
  Dual backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const override;

 private:
  double slope_;
};

// A smooth f given by its value and its first two derivatives at x.
class SmoothActivation : public Layer {
 public:
  Shape output_shape(const Shape& input) const final { return input; }
  Dual forward(std::span<const Dual> params, const Dual& x, Tape& tape) const final;
  Dual backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const final;

 protected:
  struct Derivatives {
    Tensor value, first, second;
  };
  virtual Derivatives derivatives(const Tensor& x, bool need_second) const = 0;
};

class Tanh final : public SmoothActivation {
 public:
  std::string text() const override { return "tanh"; }
  std::optional<LocalOp> local_op(const Shape& input) const override;

 private:
  Derivatives derivatives(const Tensor& x, bool need_second) const override;
};

// x sigmoid(x) (Elfwing et al., 2018).
class Silu final : public SmoothActivation {
 public:
  std::string text() const override { return "silu"; }
  std::optional<LocalOp> local_op(const Shape& input) const override;

 private:
  Derivatives derivatives(const Tensor& x, bool need_second) const override;
};

}  // namespace gtn
