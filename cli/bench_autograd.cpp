#include "cli/bench_autograd.h"

#include <cmath>

namespace gtn {
namespace {

using torch::autograd::grad;

Tensor leaf(const Tensor& t) { return t.detach().clone().requires_grad_(); }
Tensor log_leaf(double value) { return at::scalar_tensor(std::log(value), at::kFloat).requires_grad_(); }

Tensor cross_entropy_graph(const Tensor& logits, const Tensor& y) {
  return -(at::log_softmax(logits, 1) * y).sum() / static_cast<double>(y.size(0));
}

Tensor laid_out(const Tensor& t, Layout layout) {
  return t.dim() == 4 && layout == Layout::contiguous ? t.contiguous() : t;
}

// The net by autograd through its forward pass. Net's own weights are channels-last.
AutogradNet::Function function_of(std::shared_ptr<const Net> net, Layout layout) {
  return [net = std::move(net), layout](const Tensor& w, const Tensor& x, const Tensors* calibration) {
    Duals params;
    for (const Tensor& view : net->unpack(w)) params.push_back({laid_out(view, layout), {}});
    const Statistics statistics = calibration ? net->statistics(params, *calibration) : Statistics{};
    std::vector<Tape> tapes = net->tapes(calibration ? Mode::evaluate : Mode::train, statistics);
    return net->forward(params, {x, {}}, tapes).value;
  };
}

}  // namespace

AutogradPeer::AutogradPeer(const std::shared_ptr<const Net>& net, const MetaProblem& problem, Layout layout,
                           Graph graph)
    : layout_(layout),
      graph_(graph),
      function_(function_of(net, layout)),
      learner_(
          net->text(), net->parameter_count(), [net](const Key& key) { return net->initial(key); }, function_),
      problem_(problem) {
  for (Batch& batch : problem_.synthetic) batch.x = laid_out(batch.x, layout);
  problem_.real.x = laid_out(problem_.real.x, layout);
}

std::string AutogradPeer::text() const {
  return std::string(layout_ == Layout::channels_last ? "channels-last" : "contiguous") +
         (graph_ == Graph::whole ? ", one graph" : ", step by step");
}

MetaGradient AutogradPeer::meta_gradient() const {
  return graph_ == Graph::whole ? whole_graph() : gtn::meta_gradient(learner_, problem_);
}

void AutogradPeer::real_loss() const {
  learner_.evaluation_gradient(problem_.w0, problem_.real.x, problem_.real.y, {problem_.synthetic.back().x});
}

MetaGradient AutogradPeer::whole_graph() const {
  WithGrad with_grad;
  Tensors x, y, log_lr, log_momentum;
  Tensor w = leaf(problem_.w0), v = at::zeros_like(w);
  for (size_t t = 0; t < problem_.synthetic.size(); ++t) {
    x.push_back(leaf(problem_.synthetic[t].x));
    y.push_back(leaf(problem_.synthetic[t].y));
    log_lr.push_back(log_leaf(problem_.schedule.sizes[t].lr));
    log_momentum.push_back(log_leaf(problem_.schedule.sizes[t].momentum));
    const Tensor loss = cross_entropy_graph(function_(w, x[t], nullptr), y[t]);
    const Tensor g = grad({loss}, {w}, {}, /*retain_graph=*/true, /*create_graph=*/true)[0];
    v = log_momentum[t].exp() * v + g;
    w = w - log_lr[t].exp() * v;
  }
  const Tensors calibration{x.back()};
  const Tensor loss = cross_entropy_graph(function_(w, problem_.real.x, &calibration), problem_.real.y);
  Tensors leaves = x;
  for (const Tensors* more : {&y, &log_lr, &log_momentum}) leaves.insert(leaves.end(), more->begin(), more->end());
  const Tensors grads = grad({loss}, leaves);
  const auto steps = static_cast<std::ptrdiff_t>(x.size());
  MetaGradient result;
  result.loss = result.total_loss = scalar(loss);
  result.x.assign(grads.begin(), grads.begin() + steps);
  result.y.assign(grads.begin() + steps, grads.begin() + 2 * steps);
  for (auto g = grads.begin() + 2 * steps; g != grads.begin() + 3 * steps; ++g) result.log_lr.push_back(scalar(*g));
  for (auto g = grads.begin() + 3 * steps; g != grads.end(); ++g) result.log_momentum.push_back(scalar(*g));
  return result;
}

double relative_difference(const MetaGradient& a, const MetaGradient& b) {
  double difference = 0, norm = 0;
  for (size_t t = 0; t < b.x.size(); ++t) {
    difference += std::pow(scalar((a.x[t] - b.x[t]).norm()), 2);
    norm += std::pow(scalar(b.x[t].norm()), 2);
  }
  return std::sqrt(difference / norm);
}

}  // namespace gtn
