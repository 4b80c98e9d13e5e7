#include "gtn/exchange/operations.h"

#include <span>
#include <stdexcept>

#include "gtn/core/error.h"
#include "gtn/nets/activation.h"
#include "gtn/nets/attention.h"
#include "gtn/nets/norm.h"

namespace gtn {
namespace {

// Calls visit(node's number, shape of its input, shape of its output) for each node.
template <class Visit>
void follow_shapes(const Net& net, Visit&& visit) {
  std::vector<Shape> shapes;
  for (size_t i = 0; i < net.nodes().size(); ++i) {
    const Node& node = net.nodes()[i];
    const int before = node.inputs.front();
    const Shape input = before < 0 ? net.input() : shapes[static_cast<size_t>(before)];
    shapes.push_back(node.layer ? node.layer->output_shape(input) : input);
    visit(i, input, shapes.back());
  }
}

Tensor at_or_none(const Tensors& params, size_t index) { return index < params.size() ? params[index] : Tensor(); }

using What = decltype(Operation::what);

What what_of(const Layer& layer, const Tensors& p, const Tensors& statistics) {
  if (const auto* normed = dynamic_cast<const WeightNorm*>(&layer))
    return what_of(normed->decorated(), normed->effective(p), statistics);
  if (const auto* conv = dynamic_cast<const Conv*>(&layer))
    return ConvOperation{conv->options(), p[0].contiguous(), at_or_none(p, 1)};
  if (dynamic_cast<const Linear*>(&layer)) return LinearOperation{p[0].contiguous(), at_or_none(p, 1)};
  if (const auto* pool = dynamic_cast<const Pool*>(&layer)) return PoolOperation{pool->options()};
  if (dynamic_cast<const GlobalAveragePool*>(&layer)) return GlobalPoolOperation{};
  if (dynamic_cast<const Flatten*>(&layer)) return FlattenOperation{};
  if (const auto* relu = dynamic_cast<const LeakyRelu*>(&layer)) return LeakyReluOperation{relu->slope()};
  if (dynamic_cast<const Tanh*>(&layer)) return TanhOperation{};
  if (dynamic_cast<const Silu*>(&layer)) return SiluOperation{};
  if (dynamic_cast<const MeanNorm*>(&layer)) return MeanNormOperation{p[0], statistics[0]};
  if (const auto* norm = dynamic_cast<const StandardNorm*>(&layer)) {
    if (norm->over() == NormOver::instance) return InstanceNormOperation{p[0], p[1]};
    return BatchNormOperation{p[0], p[1], statistics[0], statistics[1]};
  }
  if (const auto* attention = dynamic_cast<const Attention*>(&layer))
    return AttentionOperation{attention->heads(), attention->dim(), p[0], p[1], p[2], p[3]};
  throw failure(layer.text(), "is a layer that no other program's file can be made of yet");
}

void check_statistics(const Net& net, const Statistics& statistics) {
  const std::vector<Shape> shapes = statistics_shapes(net);
  bool right = shapes.size() == statistics.size();
  for (size_t i = 0; right && i < shapes.size(); ++i) right = statistics[i].sizes() == at::IntArrayRef(shapes[i]);
  if (!right) throw std::invalid_argument("operations_of: these are not the statistics of " + net.text());
}

}  // namespace

std::vector<Shape> statistics_shapes(const Net& net) {
  std::vector<Shape> shapes;
  follow_shapes(net, [&](size_t i, const Shape& input, const Shape&) {
    if (const LayerPtr& layer = net.nodes()[i].layer)
      shapes.resize(shapes.size() + layer->statistics().size(), {input[0]});
  });
  return shapes;
}

std::vector<Operation> operations_of(const Net& net, const Tensor& w, const Statistics& statistics) {
  const NoGrad no_grad;
  check_statistics(net, statistics);
  const auto plain = [](const Tensor& t) { return t.to(at::kCPU, at::kFloat).contiguous(); };
  const Tensors params = net.unpack(w.to(at::kCPU, at::kFloat));
  std::vector<Operation> result;
  std::vector<int> last_of;  // of each node
  size_t next_param = 0, next_statistic = 0;
  follow_shapes(net, [&](size_t i, const Shape& input, const Shape& output) {
    const auto& [readers, layer] = net.nodes()[i];
    std::vector<int> inputs;
    for (const int index : readers) inputs.push_back(index < 0 ? -1 : last_of[static_cast<size_t>(index)]);
    const auto add = [&](What what, const Shape& shape) {
      result.push_back({std::exchange(inputs, {static_cast<int>(result.size())}), input, shape, std::move(what)});
    };
    if (inputs.size() > 1 || !layer) add(SumOperation{}, input);
    if (layer) {
      Tensors own, taken;
      for (size_t count = layer->params().size(); count > 0; --count) own.push_back(params[next_param++]);
      for (size_t count = layer->statistics().size(); count > 0; --count)
        taken.push_back(plain(statistics[next_statistic++]));
      add(what_of(*layer, own, taken), output);
    }
    last_of.push_back(static_cast<int>(result.size()) - 1);
  });
  return result;
}

}  // namespace gtn
