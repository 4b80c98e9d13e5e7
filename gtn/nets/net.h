// A learner as a graph of layers. Every node sums the outputs of its inputs and applies its layer, so residual
// connections and search cells need no layer of their own. The parameters are one flat vector; each layer sees views of
// it.
#pragma once

#include <optional>

#include "gtn/nets/layer.h"
#include "gtn/nets/learner.h"

namespace gtn {

struct Node {
  std::vector<int> inputs;  // indices of earlier nodes; -1 is the image
  LayerPtr layer;           // none: the sum itself
};

class Net final : public Learner {
 public:
  // `input` is [C, H, W]; the last node's output must be [classes]. Throws a usage error where shapes do not fit.
  Net(std::string text, Shape input, int64_t classes, std::vector<Node> nodes);

  std::string text() const override { return text_; }
  int64_t parameter_count() const override { return count_; }
  Tensor initial(const Key& key) const override;
  Gradient gradient(const Tensor& w, const Tensor& x, const Tensor& y) const override;
  SecondOrder second_order(const Tensor& w, const Tensor& u, const Tensor& x, const Tensor& y) const override;
  int64_t record_bytes(int64_t batch) const override;
  Gradient recorded_gradient(const Tensor& w, const Tensor& x, const Tensor& y) const override;
  SecondOrder recorded_second_order(const PassRecord& record, const Tensor& w, const Tensor& u, const Tensor& x,
                                    const Tensor& y) const override;
  Statistics calibrate(const Tensor& w, const Tensors& calibration) const override;
  Tensor logits(const Tensor& w, const Tensor& x, const Statistics& statistics) const override;
  Tensor input_gradient(const Tensor& w, const Tensor& x, const Tensor& y, const Statistics& statistics) const override;
  EvaluationGradient evaluation_gradient(const Tensor& w, const Tensor& x, const Tensor& y,
                                         const Tensors& calibration) const override;

  // The same learner with its heavy products in another precision.
  std::shared_ptr<const Net> in(Precision precision) const;
  Precision precision() const { return precision_; }

  const Shape& input() const { return input_; }
  int64_t classes() const { return classes_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  // The parameters of all layers in order, named "3.weight" (node, name).
  const std::vector<ParamSpec>& params() const { return specs_; }

  // Multiply-adds of one example, the counted work: what the convolutions and matrix products of a pass cannot do
  // without. With m of them in the forward pass, a plain step takes 3 m (forward, gradient of the weights, gradient of
  // the input) and a dual pass 9 m, since both factors of every product carry a tangent. Layers that no parameter
  // stands before, m_1 of the m, take m_1 less in a plain step (nobody asks for the gradient of the image) and 3 m_1
  // less in a dual pass (nor does the image carry a tangent). One multiply-add is two FLOP.
  int64_t multiply_adds() const { return multiply_adds_; }
  int64_t plain_multiply_adds() const override { return 3 * multiply_adds_ - image_multiply_adds_; }
  int64_t dual_multiply_adds() const { return 9 * multiply_adds_ - 3 * image_multiply_adds_; }

  // What a pass computes, in its order: a layer or a chain of them, or a sum that no layer follows.
  struct Stage {
    std::vector<int> inputs;  // indices of earlier stages, whose outputs are summed; -1 is the image
    bool computes;            // false: the sum itself
    int64_t elements;         // of one example's output
    int64_t input_elements;   // of one example's input
  };
  std::vector<Stage> stages() const;

  // Views of w, one for each of params(); convolution weights are channels-last in memory.
  Tensors unpack(const Tensor& w) const;
  // The inverse: w of such tensors.
  Tensor pack(const Tensors& params) const;

  // Logits of x under dual parameters (one for each of params()). Tapes, one a node, receive what backward() needs.
  Dual forward(const Duals& params, const Dual& x, std::vector<Tape>& tapes) const;
  struct Gradients {
    Duals params;
    Dual x;  // what was asked for
  };
  // Consumes the tapes.
  Gradients backward(const Duals& params, const Dual& grad_logits, std::vector<Tape>& tapes, Need need_grad_x) const;

  std::vector<Tape> tapes(Mode mode, const Statistics& statistics = {}) const;
  // calibrate() under parameters that may be part of an autograd graph.
  Statistics statistics(const Duals& params, const Tensors& calibration) const;

 private:
  // Nodes first .. last in a row, run as one layer (none: the sum of the inputs); their tape is that of the first.
  struct Unit {
    size_t first, last;
    LayerPtr layer;
    int64_t elements, input_elements;  // of one example
  };
  std::vector<Unit> units(const std::vector<Shape>& shapes) const;
  // Logits of a calibration batch in training mode; adds `share` of its statistics to `sum`.
  Dual calibration_pass(const Duals& params, const Tensor& x, double share, std::vector<Tape>& tape,
                        Statistics& sum) const;
  int64_t record_elements(const std::vector<Shape>& shapes) const;
  SecondOrder second_order(std::vector<Tape>& tapes, const Tensor& w, const Tensor& u, const Tensor& x,
                           const Tensor& y) const;
  template <class T>
  std::span<T> params_of(std::span<T> params, const Unit& unit) const {
    return params.subspan(first_param_[unit.first], first_param_[unit.last + 1] - first_param_[unit.first]);
  }
  Duals duals(const Tensor& w, const Tensor& u) const;

  std::string text_;
  Shape input_;
  int64_t classes_;
  std::vector<Node> nodes_;
  std::vector<ParamSpec> specs_;
  std::vector<size_t> first_param_;  // of each node, and one past the end
  std::vector<Unit> units_;
  Precision precision_ = Precision::full;
  int64_t record_elements_ = 0;  // of one image, but for the parameters' gradients
  std::vector<size_t> readers_;  // how many nodes read each node
  int64_t count_ = 0;
  int64_t multiply_adds_ = 0;
  int64_t image_multiply_adds_ = 0;  // of the layers that no parameter stands before
};

}  // namespace gtn
