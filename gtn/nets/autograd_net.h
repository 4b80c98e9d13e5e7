// Any differentiable LibTorch function as a learner, by reverse-over-reverse: for networks that this library has no
// layers for, and the oracle that the dual passes are tested against.
#pragma once

#include <functional>

#include "gtn/nets/net.h"

namespace gtn {

class AutogradNet final : public Learner {
 public:
  // Logits of x under flat parameters w. `calibration` is null in training mode; at evaluation it holds the batches
  // whose statistics the function should use, if it uses any.
  using Function = std::function<Tensor(const Tensor& w, const Tensor& x, const Tensors* calibration)>;
  using Initialiser = std::function<Tensor(const Key&)>;

  AutogradNet(std::string text, int64_t parameter_count, Initialiser initial, Function function)
      : text_(std::move(text)), count_(parameter_count), initial_(std::move(initial)), function_(std::move(function)) {}

  std::string text() const override { return text_; }
  int64_t parameter_count() const override { return count_; }
  Tensor initial(const Key& key) const override { return initial_(key); }
  Gradient gradient(const Tensor& w, const Tensor& x, const Tensor& y) const override;
  SecondOrder second_order(const Tensor& w, const Tensor& u, const Tensor& x, const Tensor& y) const override;
  // The statistics of an AutogradNet are the calibration batches themselves.
  Statistics calibrate(const Tensor&, const Tensors& calibration) const override { return calibration; }
  Tensor logits(const Tensor& w, const Tensor& x, const Statistics& statistics) const override;
  Tensor input_gradient(const Tensor& w, const Tensor& x, const Tensor& y, const Statistics& statistics) const override;
  EvaluationGradient evaluation_gradient(const Tensor& w, const Tensor& x, const Tensor& y,
                                         const Tensors& calibration) const override;

 private:
  std::string text_;
  int64_t count_;
  Initialiser initial_;
  Function function_;
};

// The same function as `net`, differentiated by autograd through its forward pass only.
AutogradNet autograd_of(std::shared_ptr<const Net> net);

}  // namespace gtn
