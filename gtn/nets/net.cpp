#include "gtn/nets/net.h"

#include <algorithm>

#include "gtn/core/error.h"
#include "gtn/nets/chain.h"

namespace gtn {
namespace {

int64_t elements(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

}  // namespace

Net::Net(std::string text, Shape input, int64_t classes, std::vector<Node> nodes)
    : text_(std::move(text)), input_(std::move(input)), classes_(classes), nodes_(std::move(nodes)) {
  std::vector<Shape> shapes;
  std::vector<bool> learned;  // whether a node's output depends on a parameter
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const auto shape_at = [&](int index) { return index < 0 ? input_ : shapes.at(static_cast<size_t>(index)); };
    const Shape shape = shape_at(nodes_[i].inputs.at(0));
    for (const int index : nodes_[i].inputs)
      if (shape_at(index) != shape)
        throw usage_error(text_, "cannot add " + to_string(shape) + " and " + to_string(shape_at(index)));
    shapes.push_back(nodes_[i].layer ? nodes_[i].layer->output_shape(shape) : shape);
    first_param_.push_back(specs_.size());
    learned.push_back(std::ranges::any_of(
        nodes_[i].inputs, [&](int index) { return index >= 0 && learned[static_cast<size_t>(index)]; }));
    if (!nodes_[i].layer) continue;
    const int64_t work = nodes_[i].layer->multiply_adds(shape);
    multiply_adds_ += work;
    if (!learned.back()) image_multiply_adds_ += work;
    if (!nodes_[i].layer->params().empty()) learned.back() = true;
    for (ParamSpec& spec : nodes_[i].layer->params()) {
      count_ += elements(spec.shape);
      specs_.push_back({std::to_string(i) + "." + spec.name, std::move(spec.shape)});
    }
  }
  first_param_.push_back(specs_.size());
  if (shapes.empty() || shapes.back() != Shape{classes_})
    throw usage_error(text_, "ends in " + (shapes.empty() ? std::string("nothing") : to_string(shapes.back())) +
                                 ", but " + std::to_string(classes_) + " classes need " + to_string(Shape{classes_}) +
                                 "; end with 'linear(classes)'");
  readers_.assign(nodes_.size(), 0);
  for (const Node& node : nodes_)
    for (const int index : node.inputs)
      if (index >= 0) ++readers_[static_cast<size_t>(index)];
  units_ = units(shapes);
  record_elements_ = record_elements(shapes);
}

// Outputs of the layers that leave products, and the gradients at their inputs.
int64_t Net::record_elements(const std::vector<Shape>& shapes) const {
  int64_t count = 0;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].layer || !nodes_[i].layer->keeps_products()) continue;
    count += elements(shapes[i]);
    if (const int source = nodes_[i].inputs[0]; source >= 0) count += elements(shapes[static_cast<size_t>(source)]);
  }
  return count;
}

// Each node alone, but for runs of local operations that nobody else reads: those become chains.
std::vector<Net::Unit> Net::units(const std::vector<Shape>& shapes) const {
  std::vector<Unit> result;
  for (size_t i = 0; i < nodes_.size();) {
    const int source = nodes_[i].inputs[0];
    const Shape& input = source < 0 ? input_ : shapes[static_cast<size_t>(source)];
    std::vector<LayerPtr> run;
    size_t next = i;
    const auto follows = [&] {
      if (next == nodes_.size() || !nodes_[next].layer) return false;
      if (next > i && (readers_[next - 1] != 1 || nodes_[next].inputs != std::vector{static_cast<int>(next) - 1}))
        return false;
      return Chain::extends(run, *nodes_[next].layer, next == i ? input : shapes[next - 1]);
    };
    while (follows()) run.push_back(nodes_[next++].layer);
    if (run.empty()) {
      result.push_back({i, i, nodes_[i].layer, elements(shapes[i]), elements(input)});
      ++i;
    } else {
      result.push_back(
          {i, next - 1, std::make_shared<Chain>(std::move(run), input), elements(shapes[next - 1]), elements(input)});
      i = next;
    }
  }
  return result;
}

std::vector<Net::Stage> Net::stages() const {
  std::vector<int> stage_of(nodes_.size(), -1);  // of the node that ends a unit
  std::vector<Stage> result;
  for (const Unit& unit : units_) {
    std::vector<int> inputs;
    for (const int index : nodes_[unit.first].inputs)
      inputs.push_back(index < 0 ? -1 : stage_of[static_cast<size_t>(index)]);
    stage_of[unit.last] = static_cast<int>(result.size());
    result.push_back({std::move(inputs), unit.layer != nullptr, unit.elements, unit.input_elements});
  }
  return result;
}

std::shared_ptr<const Net> Net::in(Precision precision) const {
  auto net = std::make_shared<Net>(*this);
  net->precision_ = precision;
  return net;
}

Tensor Net::initial(const Key& key) const {
  NoGrad no_grad;
  Tensor w = at::zeros({count_}, at::kFloat);
  Tensors views = unpack(w);
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].layer) continue;
    const size_t first = first_param_[i];
    nodes_[i].layer->initialise(key.split(i), std::span(views).subspan(first, first_param_[i + 1] - first));
  }
  return w;
}

Tensors Net::unpack(const Tensor& w) const {
  Tensors views;
  int64_t offset = 0;
  for (const ParamSpec& spec : specs_) {
    const Shape& s = spec.shape;
    const int64_t size = elements(s);
    const Tensor part = w.narrow(0, offset, size);
    views.push_back(s.size() == 4 ? part.view({s[0], s[2], s[3], s[1]}).permute({0, 3, 1, 2}) : part.view(s));
    offset += size;
  }
  return views;
}

Tensor Net::pack(const Tensors& params) const {
  Tensors parts;
  for (const Tensor& p : params)
    parts.push_back(p.dim() == 4 ? p.permute({0, 2, 3, 1}).reshape({-1}) : p.reshape({-1}));
  return parts.empty() ? at::empty({0}) : at::cat(parts);
}

int64_t Net::record_bytes(int64_t batch) const {
  return static_cast<int64_t>(sizeof(float)) * (batch * record_elements_ + count_);
}

}  // namespace gtn
