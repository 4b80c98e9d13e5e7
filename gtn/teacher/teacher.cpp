#include "gtn/teacher/teacher.h"

#include <cmath>

#include "gtn/core/error.h"

namespace gtn {
namespace {

// Offsets from Teacher::z_.
enum Slot : size_t { z_slot, log_lr_slot, log_momentum_slot, label_logits_slot };

constexpr double kLabelSharpness =
    5.0;  // learned labels start at softmax(5 onehot): 0.94 on the class where there are ten

}  // namespace

Teacher::Teacher(const TeacherConfig& config, Shape image, int64_t classes, const Key& key,
                 const at::TensorOptions& options)
    : config_(config), generator_(config.generator, std::move(image), classes) {
  onehot_ = at::one_hot(at::arange(config.batch, at::kLong) % classes, classes).to(at::kFloat).to(options);
  params_ = generator_.initial(key.split("generator"));
  z_ = params_.size();
  params_.push_back({"curriculum.z", key.split("z").normal({config.steps, config.batch, config.generator.noise})});
  params_.push_back({"curriculum.log_lr", at::full({config.steps}, std::log(config.lr), at::kFloat)});
  params_.push_back({"curriculum.log_momentum", at::full({config.steps}, std::log(config.momentum), at::kFloat)});
  if (config.labels == Labels::learned)
    params_.push_back({"curriculum.label_logits", (kLabelSharpness * onehot_).repeat({config.steps, 1, 1})});
  for (NamedTensor& p : params_) p.tensor = p.tensor.to(options);
}

Batch Teacher::synthesise(const Tensors& params, int64_t step) const {
  const Tensor y = config_.labels == Labels::learned ? at::softmax(params[z_ + label_logits_slot][step], 1) : onehot_;
  // The generator is told the class; what the labels learn beyond it is for the learner's loss alone.
  return {generator_.forward(std::span(params).first(z_), params[z_ + z_slot][step], onehot_), y};
}

Batch Teacher::batch(int64_t step) const {
  NoGrad no_grad;
  Tensors values;
  for (const NamedTensor& p : params_) values.push_back(p.tensor);
  return synthesise(values, step);
}

Schedule Teacher::schedule() const {
  const Tensor lr = params_[z_ + log_lr_slot].tensor.to(at::kCPU, at::kDouble).exp();
  const Tensor momentum = params_[z_ + log_momentum_slot].tensor.to(at::kCPU, at::kDouble).exp();
  Schedule schedule;
  for (int64_t t = 0; t < config_.steps; ++t) schedule.push_back({scalar(lr[t]), scalar(momentum[t])});
  return schedule;
}

Tensors Teacher::gradients(const MetaGradient& adjoints) const {
  WithGrad with_grad;
  Tensors leaves, sums;
  for (const NamedTensor& p : params_) {
    leaves.push_back(p.tensor.detach().requires_grad_());
    sums.push_back(at::zeros_like(p.tensor));
  }
  for (size_t t = 0; t < adjoints.x.size(); ++t) {
    if (!adjoints.x[t].defined()) continue;
    const Batch batch = synthesise(leaves, static_cast<int64_t>(t));
    Tensors outputs{batch.x}, directions{adjoints.x[t]};
    if (batch.y.requires_grad() && adjoints.y[t].defined()) {
      outputs.push_back(batch.y);
      directions.push_back(adjoints.y[t]);
    }
    const Tensors part = torch::autograd::grad(outputs, leaves, directions, false, false, /*allow_unused=*/true);
    NoGrad no_grad;
    for (size_t i = 0; i < part.size(); ++i)
      if (part[i].defined()) sums[i].add_(part[i]);
  }
  const auto fill = [&](Slot slot, const std::vector<double>& values) {
    NoGrad no_grad;
    sums[z_ + slot].narrow(0, 0, static_cast<int64_t>(values.size())).copy_(at::tensor(values, at::kDouble));
  };
  fill(log_lr_slot, adjoints.log_lr);
  fill(log_momentum_slot, adjoints.log_momentum);
  return sums;
}

void Teacher::load(const std::vector<NamedTensor>& saved) {
  Tensors found;  // all looked up before the first is copied: a refused load changes nothing
  for (const NamedTensor& mine : params_) {
    const auto match = std::ranges::find(saved, mine.name, &NamedTensor::name);
    if (match == saved.end() || match->tensor.sizes() != mine.tensor.sizes())
      throw failure("teacher",
                    "'" + mine.name + "' is missing or has another shape; was it written by this configuration?");
    found.push_back(match->tensor);
  }
  for (size_t i = 0; i < params_.size(); ++i) params_[i].tensor.copy_(found[i]);
}

}  // namespace gtn
