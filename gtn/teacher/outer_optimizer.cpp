#include "gtn/teacher/outer_optimizer.h"

#include <cmath>
#include <numbers>

#include "gtn/core/error.h"

namespace gtn {
namespace {

constexpr double kNormDecay = 0.95;  // of the running mean of the gradient norm

}  // namespace

double cosine_lr(const OuterConfig& config, int64_t iteration) {
  const double done = static_cast<double>(iteration) / static_cast<double>(config.iterations);
  return config.lr *
         (config.final_lr + (1 - config.final_lr) * (1 + std::cos(std::numbers::pi * std::min(done, 1.0))) / 2);
}

OuterOptimizer::OuterOptimizer(const OuterConfig& config, const Tensors& params)
    : config_(config), counters_(at::zeros({2}, at::kDouble)) {
  for (const Tensor& p : params) {
    mean_.push_back(at::zeros_like(p));
    square_.push_back(at::zeros_like(p));
  }
}

OuterOptimizer::Report OuterOptimizer::step(const Tensors& params, const Tensors& gradients, int64_t iteration) {
  NoGrad no_grad;
  double square = 0;
  for (const Tensor& g : gradients) square += scalar(g.to(at::kDouble, false, /*copy=*/true).square_().sum());
  const double norm = std::sqrt(square);
  if (!std::isfinite(norm)) return {norm, false, false};

  double* counters = counters_.data_ptr<double>();
  const double updates = ++counters[0];
  const double limit = config_.clip * counters[1];
  const bool clipped = config_.clip > 0 && counters[1] > 0 && norm > limit;
  const double scale = clipped ? limit / norm : 1.0;
  counters[1] = counters[1] == 0 ? norm : kNormDecay * counters[1] + (1 - kNormDecay) * norm * scale;

  const double correct1 = 1 - std::pow(config_.beta1, updates), correct2 = 1 - std::pow(config_.beta2, updates);
  const double lr = cosine_lr(config_, iteration);
  for (size_t i = 0; i < params.size(); ++i) {
    const Tensor g = gradients[i] * scale;
    if (config_.method != OuterMethod::sgd) square_[i].mul_(config_.beta2).addcmul_(g, g, 1 - config_.beta2);
    switch (config_.method) {
      case OuterMethod::adam:
        mean_[i].mul_(config_.beta1).add_(g, 1 - config_.beta1);
        params[i].addcdiv_(mean_[i], (square_[i] / correct2).sqrt_().add_(config_.epsilon), -lr / correct1);
        break;
      case OuterMethod::rmsprop:
        mean_[i].mul_(config_.beta1).addcdiv_(g, (square_[i] / correct2).sqrt_().add_(config_.epsilon));
        params[i].sub_(mean_[i], lr);
        break;
      case OuterMethod::sgd:
        mean_[i].mul_(config_.beta1).add_(g);
        params[i].sub_(mean_[i], lr);
        break;
    }
  }
  return {norm, clipped, true};
}

std::vector<NamedTensor> OuterOptimizer::state() const {
  std::vector<NamedTensor> result{{"adam.counters", counters_}};
  for (size_t i = 0; i < mean_.size(); ++i) {
    result.push_back({"adam.mean." + std::to_string(i), mean_[i]});
    result.push_back({"adam.square." + std::to_string(i), square_[i]});
  }
  return result;
}

// NOLINTNEXTLINE(readability-make-member-function-const): it writes into its tensors
void OuterOptimizer::load(const std::vector<NamedTensor>& saved) {
  const std::vector<NamedTensor> mine = state();
  if (saved.size() != mine.size())
    throw failure("checkpoint", "holds another number of optimiser tensors; was it written by this configuration?");
  for (size_t i = 0; i < mine.size(); ++i) {
    if (saved[i].name != mine[i].name || saved[i].tensor.sizes() != mine[i].tensor.sizes())
      throw failure("checkpoint",
                    "'" + mine[i].name + "' is missing or has another shape; was it written by this configuration?");
  }
  for (size_t i = 0; i < mine.size(); ++i) mine[i].tensor.copy_(saved[i].tensor);
}

}  // namespace gtn
