#include "gtn/search/proxies.h"

#include <cmath>
#include <functional>

#include "gtn/nets/activation.h"
#include "gtn/nets/norm.h"
#include "gtn/search/latency.h"

namespace gtn {
namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

using Score = std::function<double(const Net& candidate, const Key& key)>;

class Proxy final : public Estimator {
 public:
  Proxy(std::string name, Score score) : name_(std::move(name)), score_(std::move(score)) {}

  std::string name() const override { return name_; }
  int64_t steps() const override { return 0; }
  std::vector<Estimate> estimate(const Net& candidate, std::span<const int64_t>, const Key& key) const override {
    const NoGrad no_grad;
    Estimate estimate;
    estimate.cost.seconds = seconds_of([&] { estimate.score = score_(candidate, key.split("initial")); });
    return {estimate};
  }

 private:
  std::string name_;
  Score score_;
};

EstimatorPtr proxy(std::string name, Score score) { return std::make_shared<Proxy>(std::move(name), std::move(score)); }

bool is_norm(const Layer& layer) {
  return dynamic_cast<const MeanNorm*>(&layer) != nullptr || dynamic_cast<const StandardNorm*>(&layer) != nullptr;
}

bool is_activation(const Layer& layer) {
  return dynamic_cast<const LeakyRelu*>(&layer) != nullptr || dynamic_cast<const SmoothActivation*>(&layer) != nullptr;
}

Duals constants(const Tensors& values) {
  Duals duals;
  for (const Tensor& value : values) duals.push_back({value, {}});
  return duals;
}

// The same graph with every normalisation replaced by the identity; the parameters that stay are drawn alike.
Net without_norms(const Net& net) {
  std::vector<Node> nodes = net.nodes();
  for (Node& node : nodes)
    if (node.layer && is_norm(*node.layer)) node.layer = nullptr;
  return {net.text(), net.input(), net.classes(), std::move(nodes)};
}

// In float64, since the sum of positive terms over many layers overflows a float.
double synflow(const Net& candidate, const Key& key) {
  const Net net = without_norms(candidate);
  const Duals params = constants(net.unpack(net.initial(key).abs().to(at::kDouble)));
  Shape shape = net.input();
  shape.insert(shape.begin(), 1);
  std::vector<Tape> tapes = net.tapes(Mode::train);
  const Dual logits = net.forward(params, {at::ones(shape, at::kDouble), {}}, tapes);
  const Duals grads = net.backward(params, {at::ones_like(logits.value), {}}, tapes, Need::nothing).params;
  double sum = 0;
  for (size_t i = 0; i < params.size(); ++i) {
    // A weight-normalised layer's gain g stands for its effective weight W = g v / |v|: with absolute values all terms
    // are positive, and those of a row of W add up to g dR/dg. Biases are zero.
    if (net.params()[i].name.ends_with(".direction")) continue;
    sum += scalar((params[i].value * grads[i].value).abs().sum());
  }
  return std::log(sum);
}

// K of the header, counted layer by layer without the fused chains, which keep no layer's input.
Tensor agreement_of_signs(const Net& net, const Tensor& w, const Tensor& x) {
  const Duals params = constants(net.unpack(w));
  std::vector<Tape> tapes = net.tapes(Mode::train);
  Tensors outputs;
  Tensor agreement = at::zeros({x.size(0), x.size(0)}, x.options().dtype(at::kDouble));
  size_t first = 0;  // parameter of the node
  for (size_t i = 0; i < net.nodes().size(); ++i) {
    const Node& node = net.nodes()[i];
    Tensor input;
    for (const int index : node.inputs) input = sum_of(input, index < 0 ? x : outputs[static_cast<size_t>(index)]);
    if (!node.layer) {
      outputs.push_back(input);
      continue;
    }
    if (is_activation(*node.layer)) {
      const Tensor signs = (input > 0).to(at::kFloat).flatten(1), others = 1 - signs;  // counts are exact in float32
      agreement += at::mm(signs, signs.t()) + at::mm(others, others.t());
    }
    const size_t count = node.layer->params().size();
    outputs.push_back(node.layer->forward(std::span(params).subspan(first, count), {input, {}}, tapes[i]).value);
    first += count;
  }
  return agreement;
}

// log det of a symmetric matrix without negative eigenvalues; minus infinity where one is zero up to rounding.
double log_determinant(const Tensor& matrix) {
  const Tensor eigenvalues = at::linalg_eigvalsh(matrix);
  const double largest = scalar(eigenvalues.max());
  const double rounding = std::numeric_limits<double>::epsilon() * static_cast<double>(matrix.size(0)) * largest;
  return scalar(eigenvalues.min()) > rounding ? scalar(eigenvalues.log().sum()) : kMinusInfinity;
}

double jacob_cov(const Net& net, const Tensor& w, const Tensor& x) {
  constexpr double kShift = 1e-5;
  const Duals params = constants(net.unpack(w));
  std::vector<Tape> tapes = net.tapes(Mode::train);
  const Dual logits = net.forward(params, {x, {}}, tapes);
  const Dual jacobians = net.backward(params, {at::ones_like(logits.value), {}}, tapes, Need::all).x;
  const Tensor correlation = at::corrcoef(jacobians.value.flatten(1).to(at::kDouble)).view({x.size(0), x.size(0)});
  if (!at::isfinite(correlation).all().item<bool>()) return std::numeric_limits<double>::quiet_NaN();
  const Tensor shifted = at::linalg_eigvalsh(correlation) + kShift;
  return -scalar((shifted.log() + shifted.reciprocal()).sum());
}

// The gain and the direction of a weight-normalised layer are orthogonal parts of its effective weight, of which the
// direction is drawn at the same scale: the squares of their gradients add up to that of the weight.
double gradient_norm(const Net& net, const Tensor& w, const Batch& batch) {
  const Tensors grads = net.unpack(net.gradient(w, batch.x, batch.y).w);
  double sum = 0;
  size_t i = 0;
  for (const Node& node : net.nodes()) {
    if (!node.layer) continue;
    double squares = 0;
    for (const ParamSpec& spec : node.layer->params()) {
      if (!is_norm(*node.layer) && spec.name != "bias") squares += scalar(grads[i].square().sum());
      ++i;
    }
    sum += std::sqrt(squares);
  }
  return sum;
}

Tensor initial(const Net& net, const Key& key, const Batch& batch) { return net.initial(key).to(batch.x.device()); }

}  // namespace

EstimatorPtr parameter_count_estimator() {
  return proxy("params", [](const Net& net, const Key&) { return static_cast<double>(net.parameter_count()); });
}

EstimatorPtr multiply_adds_estimator() {
  return proxy("flops", [](const Net& net, const Key&) { return static_cast<double>(net.multiply_adds()); });
}

EstimatorPtr synflow_estimator() { return proxy("synflow", synflow); }

EstimatorPtr naswot_estimator(const Batch& batch) {
  return proxy("naswot", [batch](const Net& net, const Key& key) {
    return log_determinant(agreement_of_signs(net, initial(net, key, batch), batch.x));
  });
}

EstimatorPtr jacob_cov_estimator(const Batch& batch) {
  return proxy("jacob_cov",
               [batch](const Net& net, const Key& key) { return jacob_cov(net, initial(net, key, batch), batch.x); });
}

EstimatorPtr gradient_norm_estimator(const Batch& batch) {
  return proxy("grad_norm",
               [batch](const Net& net, const Key& key) { return gradient_norm(net, initial(net, key, batch), batch); });
}

}  // namespace gtn
