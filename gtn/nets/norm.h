// Normalisation. No layer keeps running averages while it is taught: at evaluation the batch norms take the statistics
// that a calibration pass over synthetic batches left in the tape (the paper, section 3), and the gradient flows
// through them.
#pragma once

#include "gtn/nets/layer.h"

namespace gtn {

constexpr double kNormEpsilon = 1e-5;

// Mean-only batch norm (Salimans and Kingma, 2016): y = x - mean(x) + b, the mean over batch and positions. Parameter:
// bias.
class MeanNorm final : public Layer {
 public:
  explicit MeanNorm(int64_t channels) : channels_(channels) {}

  std::string text() const override { return "norm(mean)"; }
  Shape output_shape(const Shape& input) const override;
  std::vector<ParamSpec> params() const override { return {{"bias", {channels_}}}; }
  void initialise(const Key&, std::span<Tensor> params) const override { params[0].zero_(); }
  std::vector<std::string> statistics() const override { return {"mean"}; }
  std::optional<LocalOp> local_op(const Shape& input) const override;
  Dual forward(std::span<const Dual> params, const Dual& x, Tape& tape) const override;
  Dual backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const override;

 private:
  int64_t channels_;
};

enum class NormOver {
  batch,     // batch norm (Ioffe and Szegedy, 2015): statistics over batch and positions
  instance,  // instance norm (Ulyanov et al., 2016): over positions of each image alone, the same at evaluation
};

// y = (x - mean) / sqrt(variance + 1e-5) * gain + bias, variance with divisor n. Parameters: gain, bias.
class StandardNorm final : public Layer {
 public:
  StandardNorm(NormOver over, int64_t channels) : over_(over), channels_(channels) {}

  NormOver over() const { return over_; }
  std::string text() const override { return over_ == NormOver::batch ? "norm(batch)" : "norm(instance)"; }
  Shape output_shape(const Shape& input) const override;
  std::vector<ParamSpec> params() const override { return {{"gain", {channels_}}, {"bias", {channels_}}}; }
  void initialise(const Key&, std::span<Tensor> params) const override;
  std::vector<std::string> statistics() const override;
  std::optional<LocalOp> local_op(const Shape& input) const override;
  Dual forward(std::span<const Dual> params, const Dual& x, Tape& tape) const override;
  Dual backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const override;

 private:
  Shape dims(const Tensor& x) const;
  Dual backward_train(const Dual& grad_unit, Tape& tape) const;
  Dual backward_evaluate(const Dual& grad_unit, Tape& tape) const;

  NormOver over_;
  int64_t channels_;
};

}  // namespace gtn
