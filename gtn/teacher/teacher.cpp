#include "gtn/teacher/teacher.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "gtn/core/error.h"

namespace gtn {
namespace {

constexpr double kLabelSharpness =
    5.0;  // learned labels start at softmax(5 onehot): 0.94 on the class where there are ten
constexpr double kSmallestLabel = 1e-4;       // below which a given soft label does not start
constexpr double kStartDeviation = 0.1;       // of the Gaussian curriculum, around means from N(0, 1)
constexpr int64_t kExampleBatches = 1 << 20;  // among which a draw of real images chooses its first

}  // namespace

void check_teacher(const TeacherConfig& config) {
  const bool real = config.images == Images::real, noise = config.curriculum == Curriculum::none;
  const bool drawn = noise || config.curriculum == Curriculum::fixed || config.curriculum == Curriculum::gaussian;
  const std::array<std::pair<bool, std::string_view>, 7> impossible{{
      {config.batches > config.steps, "batches are more than the steps that train on them: lower batches"},
      {config.labels == Labels::semi && !real, "labels = \"semi\" label real images: set images = \"real\""},
      {config.labels == Labels::learned && real,
       "images = \"real\" are drawn anew each time and keep no learned labels: set labels to onehot or semi"},
      {config.curriculum != Curriculum::full && real, "images = \"real\" follow no curriculum: leave curriculum out"},
      {config.images == Images::pixels && drawn,
       "images = \"pixels\" are learned: set curriculum to full, shuffled_batch or all_shuffled"},
      {config.reconstruction > 0 && config.images != Images::generator,
       "reconstruction is a loss of the generator: set images = \"generator\""},
      {config.labels == Labels::learned && noise,
       "curriculum = \"none\" has no images that could keep learned labels: set labels = \"onehot\""},
  }};
  Faults faults("teacher");
  for (const auto& [is_so, fault] : impossible)
    if (is_so) faults.add(std::string(fault));
  faults.throw_if_any(ErrorKind::usage);
}

int64_t teacher_parameter_count(const TeacherConfig& config, const Shape& image, int64_t classes) {
  const int64_t entries = config.kept() * config.batch;
  int64_t count = config.step_sizes == StepSizes::per_step ? 2 * config.steps : 2;
  if (config.images == Images::generator) {
    const bool learned = config.curriculum != Curriculum::fixed && config.curriculum != Curriculum::none;
    const int64_t inputs = entries * config.generator.noise * (config.curriculum == Curriculum::gaussian ? 2 : 1);
    count += Generator(config.generator, image, classes).parameter_count() + (learned ? inputs : 0);
  }
  if (config.images == Images::pixels) count += entries * image[0] * image[1] * image[2];
  if (config.labels == Labels::learned) count += entries * classes;
  if (config.reconstruction > 0) count += ImageEncoder("", image, config.generator.noise).parameter_count();
  if (config.labels == Labels::semi) count += ImageEncoder("", image, classes).parameter_count();
  return count;
}

Teacher::Teacher(const TeacherConfig& config, const Shape& image, int64_t classes, const Key& key,
                 const at::TensorOptions& options, const BatchSource* examples)
    : config_(config),
      labeller_("labeller", image, classes),
      encoder_("encoder", image, config.generator.noise),
      examples_(examples),
      kept_draw_(key.split("kept draw")) {
  check_teacher(config);
  if ((config.images != Images::generator || config.reconstruction > 0) && !examples)
    throw std::invalid_argument("Teacher: these images need examples");
  if (config.images == Images::generator) generator_.emplace(config.generator, image, classes);
  onehot_ = at::one_hot(at::arange(config.batch, at::kLong) % classes, classes).to(at::kFloat).to(options);
  add_images(key, options);
  const int64_t sizes = config.step_sizes == StepSizes::per_step ? config.steps : 1;
  slots_.log_lr = add({"curriculum.log_lr", at::full({sizes}, std::log(config.lr), at::kFloat)});
  slots_.log_momentum = add({"curriculum.log_momentum", at::full({sizes}, std::log(config.momentum), at::kFloat)});
  add_labels(key);
  if (config.reconstruction > 0) {
    slots_.encoder = params_.size();
    for (NamedTensor& p : encoder_.initial(key.split("encoder"))) add(std::move(p));
  }
  for (NamedTensor& p : params_) p.tensor = p.tensor.to(options);
}

size_t Teacher::add(NamedTensor param) {
  params_.push_back(std::move(param));
  return params_.size() - 1;
}

void Teacher::add_images(const Key& key, const at::TensorOptions& options) {
  if (config_.images == Images::pixels) {
    Tensors batches;
    for (int64_t t = 0; t < config_.kept(); ++t) batches.push_back(examples_->batch(t).x.contiguous());
    slots_.pixels = add({"curriculum.pixels", at::stack(batches)});
  }
  if (config_.images != Images::generator) return;
  params_ = generator_->initial(key.split("generator"));
  generator_params_ = params_.size();
  const Tensor z = key.split("z").normal({config_.kept(), config_.batch, config_.generator.noise});
  switch (config_.curriculum) {
    case Curriculum::full:
    case Curriculum::shuffled_batch:
    case Curriculum::all_shuffled:
      slots_.z = add({"curriculum.z", z});
      break;
    case Curriculum::gaussian:
      slots_.mean = add({"curriculum.mean", z});
      slots_.log_std = add({"curriculum.log_std", at::full_like(z, std::log(kStartDeviation))});
      break;
    case Curriculum::fixed:
      fixed_ = z.to(options);
      break;
    case Curriculum::none:
      break;
  }
}

void Teacher::add_labels(const Key& key) {
  if (config_.labels == Labels::learned) {
    Tensors given;
    for (int64_t t = 0; t < config_.kept(); ++t)
      given.push_back(config_.images == Images::pixels ? examples_->batch(t).y : onehot_);
    const Tensor labels = at::stack(given);
    // One rule for all batches: confident experts leave single ones hard that are no labels of a class.
    const bool hard = scalar(labels.amax(2).min()) > 1 - kSmallestLabel;
    slots_.labels =
        add({"curriculum.label_logits", hard ? kLabelSharpness * labels : at::clamp_min(labels, kSmallestLabel).log()});
  }
  if (config_.labels == Labels::semi) {
    slots_.labeller = params_.size();
    for (NamedTensor& p : labeller_.initial(key.split("labeller"))) add(std::move(p));
  }
}

Tensor Teacher::entries(const Tensor& param, int64_t step, const Tensor& order) const {
  const int64_t t = step % config_.kept();
  if (!order.defined()) return param[t];
  return param.flatten(0, 1).index_select(0, order[t].to(param.device()));
}

void Teacher::add_to_entries(const Tensor& sum, int64_t step, const Key& draw, const Tensor& part) const {
  NoGrad no_grad;
  const int64_t t = step % config_.kept();
  const Tensor order = order_of(step, draw);
  if (order.defined())
    sum.flatten(0, 1).index_add_(0, order[t].to(sum.device()), part.contiguous());
  else
    sum[t].add_(part);
}

Tensor Teacher::order_of(int64_t step, const Key& draw) const {
  const auto round = static_cast<uint64_t>(step / config_.kept());
  const Key key = draw.split("order");
  return deal(config_.curriculum, config_.kept(), config_.batch, round == 0 ? key : key.split(round));
}

Tensor Teacher::generator_input(const Tensors& params, int64_t step, const Key& draw, const Tensor& order) const {
  if (slots_.z) return entries(params[*slots_.z], step, order);
  if (fixed_.defined()) return fixed_[step % config_.kept()];
  const Tensor noise = draw.split("noise")
                           .split(static_cast<uint64_t>(step))
                           .normal({config_.batch, config_.generator.noise})
                           .to(onehot_.options());
  if (!slots_.mean) return noise;
  const int64_t t = step % config_.kept();
  return params[*slots_.mean][t] + params[*slots_.log_std][t].exp() * noise;
}

Batch Teacher::synthesise(const Tensors& params, int64_t step, const Key& draw) const {
  if (config_.images == Images::real) {
    const int64_t first = draw.split("examples").index(kExampleBatches);
    Batch real = examples_->batch(first * config_.steps + step);
    if (slots_.labeller)
      real.y = at::softmax(labeller_.forward(std::span(params).subspan(*slots_.labeller), real.x), 1);
    return real;
  }
  const Tensor order = order_of(step, draw);
  // The generator is told the class; what the labels learn beyond it is for the learner's loss alone.
  const Tensor x = slots_.pixels ? entries(params[*slots_.pixels], step, order).contiguous(kChannelsLast)
                                 : generator_->forward(std::span(params).first(generator_params_),
                                                       generator_input(params, step, draw, order), onehot_);
  const Tensor y = slots_.labels ? at::softmax(entries(params[*slots_.labels], step, order), 1) : onehot_;
  return {x, y};
}

Batch Teacher::batch(int64_t step, const Key& draw) const {
  NoGrad no_grad;
  Tensors values;
  for (const NamedTensor& p : params_) values.push_back(p.tensor);
  return synthesise(values, step, draw);
}

Schedule Teacher::schedule() const {
  const Tensor lr = params_[slots_.log_lr].tensor.to(at::kCPU, at::kDouble).exp().expand({config_.steps});
  const Tensor momentum = params_[slots_.log_momentum].tensor.to(at::kCPU, at::kDouble).exp().expand({config_.steps});
  Schedule schedule{.sizes = {}, .optimizer = config_.optimizer};
  for (int64_t t = 0; t < config_.steps; ++t) schedule.sizes.push_back({scalar(lr[t]), scalar(momentum[t])});
  return schedule;
}

Tensors Teacher::gradients(const MetaGradient& adjoints, const Key& draw) const {
  WithGrad with_grad;
  Tensors leaves, inputs, sums;
  std::vector<size_t> slots;  // of the inputs
  for (size_t i = 0; i < params_.size(); ++i) {
    leaves.push_back(params_[i].tensor.detach());
    sums.push_back(at::zeros_like(params_[i].tensor));
    if (i == slots_.pixels) continue;  // theirs are the adjoints themselves: autograd would fill as many zeros a step
    inputs.push_back(leaves[i].requires_grad_());
    slots.push_back(i);
  }
  for (size_t t = 0; t < adjoints.x.size(); ++t) {
    const Tensor& x = adjoints.x[t];
    const Tensor& y = adjoints.y[t];
    if (!x.defined()) continue;
    if (slots_.pixels) add_to_entries(sums[*slots_.pixels], static_cast<int64_t>(t), draw, x);
    const Batch batch = synthesise(leaves, static_cast<int64_t>(t), draw);
    Tensors outputs, directions;
    for (const auto& [output, direction] : {std::pair(batch.x, x), std::pair(batch.y, y)}) {
      if (!output.requires_grad() || !direction.defined()) continue;
      outputs.push_back(output);
      directions.push_back(direction);
    }
    if (outputs.empty()) continue;
    const Tensors part = torch::autograd::grad(outputs, inputs, directions, false, false, /*allow_unused=*/true);
    NoGrad no_grad;
    for (size_t i = 0; i < part.size(); ++i)
      if (part[i].defined()) sums[slots[i]].add_(part[i]);
  }
  const auto fill = [&](size_t slot, const std::vector<double>& values) {
    NoGrad no_grad;
    const Tensor given = at::tensor(values, at::kDouble);
    if (config_.step_sizes == StepSizes::scalar)
      sums[slot].copy_(given.sum(0, /*keepdim=*/true));
    else
      sums[slot].narrow(0, 0, given.size(0)).copy_(given);
  };
  fill(slots_.log_lr, adjoints.log_lr);
  fill(slots_.log_momentum, adjoints.log_momentum);
  return sums;
}

Tensor Teacher::reconstruct(const Tensors& params, const Key& draw) const {
  const Batch real = examples_->batch(draw.split("reconstruction").index(kExampleBatches));
  const Tensor z = encoder_.forward(std::span(params).subspan(*slots_.encoder), real.x);
  const Tensor again = generator_->forward(std::span(params).first(generator_params_), z, onehot_);
  return config_.reconstruction * at::mse_loss(again, real.x);
}

double Teacher::reconstruction_loss(const Key& draw) const {
  NoGrad no_grad;
  Tensors values;
  for (const NamedTensor& p : params_) values.push_back(p.tensor);
  return slots_.encoder ? scalar(reconstruct(values, draw)) : 0;
}

void Teacher::add_reconstruction_gradients(const Tensors& sums, const Key& draw) const {
  if (!slots_.encoder) return;
  WithGrad with_grad;
  Tensors leaves;
  for (const NamedTensor& p : params_) leaves.push_back(p.tensor.detach().requires_grad_());
  const Tensors part = torch::autograd::grad({reconstruct(leaves, draw)}, leaves, {}, false, false, true);
  NoGrad no_grad;
  for (size_t i = 0; i < part.size(); ++i)
    if (part[i].defined()) sums[i].add_(part[i]);
}

void Teacher::load(const std::vector<NamedTensor>& saved, const std::string& where) {
  Tensors found;  // all looked up before the first is copied: a refused load changes nothing
  for (const NamedTensor& mine : params_) {
    const auto match = std::ranges::find(saved, mine.name, &NamedTensor::name);
    if (match == saved.end() || match->tensor.sizes() != mine.tensor.sizes())
      throw failure(where,
                    "'" + mine.name + "' is missing or has another shape; was it written by this configuration?");
    found.push_back(match->tensor);
  }
  for (size_t i = 0; i < params_.size(); ++i) params_[i].tensor.copy_(found[i]);
}

}  // namespace gtn
