#include "gtn/teacher/gradient_mean.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace gtn {
namespace {

double norm(const MetaGradient& gradient) {
  double square = 0;
  for (const Tensors* tensors : {&gradient.x, &gradient.y})
    for (const Tensor& t : *tensors)
      if (t.defined()) square += scalar(t.to(at::kDouble, false, /*copy=*/true).square_().sum());
  for (const std::vector<double>* numbers : {&gradient.log_lr, &gradient.log_momentum})
    for (const double number : *numbers) square += number * number;
  return std::sqrt(square);
}

void scale(MetaGradient& gradient, double factor) {
  for (Tensors* tensors : {&gradient.x, &gradient.y})
    for (Tensor& t : *tensors)
      if (t.defined()) t = t * factor;
  for (std::vector<double>* numbers : {&gradient.log_lr, &gradient.log_momentum})
    for (double& number : *numbers) number *= factor;
}

}  // namespace

bool is_finite(const MetaGradient& gradient) {
  const auto finite = [](const Tensor& t) { return !t.defined() || std::isfinite(scalar(t.sum())); };
  const auto number = [](double value) { return std::isfinite(value); };
  return number(gradient.total_loss) && finite(gradient.w0) && std::ranges::all_of(gradient.x, finite) &&
         std::ranges::all_of(gradient.y, finite) && std::ranges::all_of(gradient.log_lr, number) &&
         std::ranges::all_of(gradient.log_momentum, number);
}

void limit_to_median(std::vector<MetaGradient>& gradients, double limit) {
  if (gradients.size() < 2 || limit == 0) return;
  const NoGrad no_grad;
  std::vector<double> norms;
  for (const MetaGradient& gradient : gradients) norms.push_back(norm(gradient));
  std::vector<double> sorted = norms;
  std::ranges::sort(sorted);
  const double largest = limit * sorted[(sorted.size() - 1) / 2];
  for (size_t i = 0; i < gradients.size(); ++i)
    if (norms[i] > largest) scale(gradients[i], largest / norms[i]);
}

MetaGradient mean(std::vector<MetaGradient> gradients) {
  NoGrad no_grad;
  MetaGradient result = std::move(gradients.at(0));
  if (gradients.size() == 1) return result;
  const double share = 1.0 / static_cast<double>(gradients.size());
  const auto add = [](Tensor& sum, const Tensor& part) {
    if (part.defined()) sum = sum.defined() ? sum + part : part;
  };
  for (const MetaGradient& next : std::span(gradients).subspan(1)) {
    result.loss += next.loss;
    for (size_t t = 0; t < result.x.size(); ++t) {
      add(result.x[t], next.x[t]);
      add(result.y[t], next.y[t]);
      result.log_lr[t] += next.log_lr[t];
      result.log_momentum[t] += next.log_momentum[t];
    }
  }
  result.loss *= share;
  scale(result, share);
  return result;
}

}  // namespace gtn
