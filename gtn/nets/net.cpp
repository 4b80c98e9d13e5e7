#include "gtn/nets/net.h"

#include <algorithm>

#include "gtn/core/error.h"
#include "gtn/nets/chain.h"
#include "gtn/nets/loss.h"

namespace gtn {
namespace {

int64_t elements(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

// Adds `part` to `sum`; either may carry a tangent or be absent.
void accumulate(Dual& sum, const Dual& part) {
  sum.value = sum_of(sum.value, part.value);
  sum.tangent = sum_of(sum.tangent, part.tangent);
}

Tensors values_of(const Duals& duals) {
  Tensors values;
  for (const Dual& dual : duals) values.push_back(dual.value);
  return values;
}

Tensors tangents_of(const Duals& duals) {
  Tensors tangents;
  for (const Dual& dual : duals) tangents.push_back(dual.tangent);
  return tangents;
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

Duals Net::duals(const Tensor& w, const Tensor& u) const {
  const Tensors values = unpack(w), tangents = u.defined() ? unpack(u) : Tensors(specs_.size());
  Duals result;
  for (size_t i = 0; i < specs_.size(); ++i) result.push_back({values[i], tangents[i]});
  return result;
}

std::vector<Tape> Net::tapes(Mode mode, const Statistics& statistics) const {
  std::vector<Tape> result(nodes_.size());
  size_t next = 0;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    result[i].mode = mode;
    result[i].precision = precision_;
    if (mode == Mode::train || !nodes_[i].layer) continue;
    for (size_t count = nodes_[i].layer->statistics().size(); count > 0; --count)
      result[i].statistics.push_back(statistics.at(next++));
  }
  return result;
}

Dual Net::forward(const Duals& params, const Dual& x, std::vector<Tape>& tapes) const {
  std::vector<size_t> readers = readers_;
  Duals outputs(nodes_.size());
  for (const Unit& unit : units_) {
    Dual input;
    for (const int index : nodes_[unit.first].inputs) {
      accumulate(input, index < 0 ? x : outputs[static_cast<size_t>(index)]);
      if (index >= 0 && --readers[static_cast<size_t>(index)] == 0) outputs[static_cast<size_t>(index)] = {};
    }
    outputs[unit.last] =
        unit.layer ? unit.layer->forward(params_of(std::span(params), unit), input, tapes[unit.first]) : input;
  }
  return outputs.back();
}

Net::Gradients Net::backward(const Duals& params, const Dual& grad_logits, std::vector<Tape>& tapes,
                             Need need_grad_x) const {
  Gradients result{Duals(params.size()), {}};
  Duals grads(nodes_.size());
  grads.back() = grad_logits;
  for (size_t i = units_.size(); i-- > 0;) {
    const Unit& unit = units_[i];
    const std::vector<int>& inputs = nodes_[unit.first].inputs;
    Dual grad = std::exchange(grads[unit.last], {});
    Tape tape = std::exchange(tapes[unit.first], {});
    const bool from_image = std::ranges::all_of(inputs, [](int index) { return index < 0; });
    tape.need_grad_x = from_image ? need_grad_x : Need::all;
    if (unit.layer)
      grad = unit.layer->backward(params_of(std::span(params), unit), grad, tape,
                                  params_of(std::span(result.params), unit));
    tapes[unit.first].statistics_grad = std::move(tape.statistics_grad);
    tapes[unit.first].products = std::move(tape.products);
    for (const int index : inputs) {
      if (index >= 0) accumulate(grads[static_cast<size_t>(index)], grad);
      if (index < 0 && need_grad_x != Need::nothing) accumulate(result.x, grad);
    }
  }
  return result;
}

Gradient Net::gradient(const Tensor& w, const Tensor& x, const Tensor& y) const {
  NoGrad no_grad;
  const Duals params = duals(w, {});
  std::vector<Tape> tape = tapes(Mode::train);
  const LossGradients loss = cross_entropy(forward(params, {x, {}}, tape), {y, {}});
  return {loss.loss.value, pack(values_of(backward(params, loss.grad_logits, tape, Need::nothing).params)), nullptr};
}

SecondOrder Net::second_order(const Tensor& w, const Tensor& u, const Tensor& x, const Tensor& y) const {
  std::vector<Tape> tape = tapes(Mode::train);
  return second_order(tape, w, u, x, y);
}

SecondOrder Net::second_order(std::vector<Tape>& tape, const Tensor& w, const Tensor& u, const Tensor& x,
                              const Tensor& y) const {
  NoGrad no_grad;
  const Duals params = duals(w, u);
  const LossGradients loss = cross_entropy(forward(params, {x, {}}, tape), {y, {}});
  const Gradients grads = backward(params, loss.grad_logits, tape, Need::tangent);
  return {loss.loss.value, pack(values_of(grads.params)), pack(tangents_of(grads.params)), grads.x.tangent,
          loss.grad_labels.tangent};
}

namespace {

struct NetRecord final : PassRecord {
  std::vector<Products> products;  // of each node
};

}  // namespace

int64_t Net::record_bytes(int64_t batch) const {
  return static_cast<int64_t>(sizeof(float)) * (batch * record_elements_ + count_);
}

Gradient Net::recorded_gradient(const Tensor& w, const Tensor& x, const Tensor& y) const {
  NoGrad no_grad;
  const Duals params = duals(w, {});
  std::vector<Tape> tape = tapes(Mode::train);
  for (Tape& node : tape) node.keep = Keep::write;
  const LossGradients loss = cross_entropy(forward(params, {x, {}}, tape), {y, {}});
  const Gradients grads = backward(params, loss.grad_logits, tape, Need::nothing);
  auto record = std::make_shared<NetRecord>();
  for (Tape& node : tape) record->products.push_back(std::move(node.products));
  return {loss.loss.value, pack(values_of(grads.params)), std::move(record)};
}

SecondOrder Net::recorded_second_order(const PassRecord& record, const Tensor& w, const Tensor& u, const Tensor& x,
                                       const Tensor& y) const {
  const auto& products = dynamic_cast<const NetRecord&>(record).products;
  std::vector<Tape> tape = tapes(Mode::train);
  for (size_t i = 0; i < tape.size(); ++i) {
    tape[i].keep = Keep::read;
    tape[i].products = products.at(i);
  }
  return second_order(tape, w, u, x, y);
}

Dual Net::calibration_pass(const Duals& params, const Tensor& x, double share, std::vector<Tape>& tape,
                           Statistics& sum) const {
  tape = tapes(Mode::train);
  Dual logits = forward(params, {x, {}}, tape);
  size_t next = 0;
  for (const Tape& node : tape) {
    for (const Tensor& statistic : node.statistics) {
      if (next == sum.size()) sum.emplace_back();
      sum[next] = sum_of(sum[next], statistic * share);
      ++next;
    }
  }
  return logits;
}

Statistics Net::statistics(const Duals& params, const Tensors& calibration) const {
  Statistics mean;
  std::vector<Tape> tape;
  for (const Tensor& x : calibration)
    calibration_pass(params, x, 1.0 / static_cast<double>(calibration.size()), tape, mean);
  return mean;
}

Statistics Net::calibrate(const Tensor& w, const Tensors& calibration) const {
  NoGrad no_grad;
  return statistics(duals(w, {}), calibration);
}

Tensor Net::logits(const Tensor& w, const Tensor& x, const Statistics& statistics) const {
  NoGrad no_grad;
  std::vector<Tape> tape = tapes(Mode::evaluate, statistics);
  return forward(duals(w, {}), {x, {}}, tape).value;
}

Tensor Net::input_gradient(const Tensor& w, const Tensor& x, const Tensor& y, const Statistics& statistics) const {
  NoGrad no_grad;
  const Duals params = duals(w, {});
  std::vector<Tape> tape = tapes(Mode::evaluate, statistics);
  const LossGradients loss = cross_entropy(forward(params, {x, {}}, tape), {y, {}});
  return backward(params, loss.grad_logits, tape, Need::all).x.value;
}

EvaluationGradient Net::evaluation_gradient(const Tensor& w, const Tensor& x, const Tensor& y,
                                            const Tensors& calibration) const {
  NoGrad no_grad;
  const Duals params = duals(w, {});
  const double share = 1.0 / static_cast<double>(std::max<size_t>(calibration.size(), 1));
  const bool calibrated =
      std::ranges::any_of(nodes_, [](const Node& n) { return n.layer && !n.layer->statistics().empty(); });
  std::vector<Tape> pass;  // of the last calibration batch
  Dual logits;
  Statistics mean;
  if (calibrated)
    for (const Tensor& batch : calibration) logits = calibration_pass(params, batch, share, pass, mean);

  std::vector<Tape> tape = tapes(Mode::evaluate, mean);
  const LossGradients loss = cross_entropy(forward(params, {x, {}}, tape), {y, {}});
  const Gradients direct = backward(params, loss.grad_logits, tape, Need::nothing);
  EvaluationGradient result{loss.loss.value, pack(values_of(direct.params)), {}};
  for (const Tensor& batch : calibration) result.calibration.push_back(at::zeros_like(batch));
  if (!calibrated) return result;
  for (size_t c = calibration.size(); c-- > 0;) {
    Statistics again;
    if (c + 1 < calibration.size()) logits = calibration_pass(params, calibration[c], share, pass, again);
    for (size_t i = 0; i < nodes_.size(); ++i)
      for (const Tensor& grad : tape[i].statistics_grad) pass[i].statistics_grad.push_back(grad * share);
    const Gradients through = backward(params, {at::zeros_like(logits.value), {}}, pass, Need::all);
    result.w = result.w + pack(values_of(through.params));
    result.calibration[c] = through.x.value;
  }
  return result;
}

}  // namespace gtn
