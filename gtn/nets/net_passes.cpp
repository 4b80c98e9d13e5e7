#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "gtn/nets/loss.h"
#include "gtn/nets/net.h"

namespace gtn {
namespace {

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

struct NetRecord final : PassRecord {
  std::vector<Products> products;  // of each node
};

}  // namespace

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
