#include "gtn/nets/autograd_net.h"

namespace gtn {
namespace {

using torch::autograd::grad;

Tensor cross_entropy_graph(const Tensor& logits, const Tensor& y) {
  return -(at::log_softmax(logits, 1) * y).sum() / static_cast<double>(y.size(0));
}

Tensor leaf(const Tensor& t) { return t.detach().clone().requires_grad_(); }

// An input that the function does not depend on has gradient zero.
Tensor or_zero(const Tensor& gradient, const Tensor& like) {
  return gradient.defined() ? gradient : at::zeros_like(like);
}

}  // namespace

Gradient AutogradNet::gradient(const Tensor& w, const Tensor& x, const Tensor& y) const {
  WithGrad with_grad;
  const Tensor w_leaf = leaf(w);
  const Tensor loss = cross_entropy_graph(function_(w_leaf, x, nullptr), y);
  return {loss.detach(), grad({loss}, {w_leaf})[0], nullptr};
}

SecondOrder AutogradNet::second_order(const Tensor& w, const Tensor& u, const Tensor& x, const Tensor& y) const {
  WithGrad with_grad;
  const Tensor w_leaf = leaf(w), x_leaf = leaf(x), y_leaf = leaf(y);
  const Tensor loss = cross_entropy_graph(function_(w_leaf, x_leaf, nullptr), y_leaf);
  const Tensor gradient = grad({loss}, {w_leaf}, {}, /*retain_graph=*/true, /*create_graph=*/true)[0];
  const Tensors products = grad({gradient}, {w_leaf, x_leaf, y_leaf}, {u}, false, false, /*allow_unused=*/true);
  return {loss.detach(), gradient.detach(), or_zero(products[0], w), or_zero(products[1], x), or_zero(products[2], y)};
}

Tensor AutogradNet::logits(const Tensor& w, const Tensor& x, const Statistics& statistics) const {
  NoGrad no_grad;
  return function_(w, x, &statistics);
}

Tensor AutogradNet::input_gradient(const Tensor& w, const Tensor& x, const Tensor& y,
                                   const Statistics& statistics) const {
  WithGrad with_grad;
  const Tensor x_leaf = leaf(x);
  const Tensor loss = cross_entropy_graph(function_(w, x_leaf, &statistics), y);
  return or_zero(grad({loss}, {x_leaf}, {}, false, false, /*allow_unused=*/true)[0], x);
}

EvaluationGradient AutogradNet::evaluation_gradient(const Tensor& w, const Tensor& x, const Tensor& y,
                                                    const Tensors& calibration) const {
  WithGrad with_grad;
  Tensors leaves{leaf(w)};
  for (const Tensor& batch : calibration) leaves.push_back(leaf(batch));
  const Tensors batches(leaves.begin() + 1, leaves.end());
  const Tensor loss = cross_entropy_graph(function_(leaves[0], x, &batches), y);
  const Tensors grads = grad({loss}, leaves, {}, false, false, /*allow_unused=*/true);
  EvaluationGradient result{loss.detach(), grads[0], {}};
  for (size_t i = 0; i < calibration.size(); ++i) result.calibration.push_back(or_zero(grads[i + 1], calibration[i]));
  return result;
}

AutogradNet autograd_of(std::shared_ptr<const Net> net) {
  const auto function = [net](const Tensor& w, const Tensor& x, const Tensors* calibration) {
    Duals params;
    for (const Tensor& view : net->unpack(w)) params.push_back({view, {}});
    const Statistics statistics = calibration ? net->statistics(params, *calibration) : Statistics{};
    std::vector<Tape> tapes = net->tapes(calibration ? Mode::evaluate : Mode::train, statistics);
    return net->forward(params, {x, {}}, tapes).value;
  };
  return {net->text(), net->parameter_count(), [net](const Key& key) { return net->initial(key); }, function};
}

}  // namespace gtn
