#include <algorithm>
#include <cmath>

#include "gtn/preflight/checks.h"
#include "gtn/preflight/probe.h"

namespace gtn {
namespace {

constexpr int64_t kGradientImages = 4;

// The learner at its start in float64, where a difference has digits left.
struct DoublePoint {
  Tensor w, x, y;
};

DoublePoint double_point(const PlannedRun& run, std::string_view purpose) {
  const Batch batch = draw_batch(run, kGradientImages, purpose);
  return {fresh_parameters(run, 0).to(at::kDouble), batch.x.to(at::kDouble), batch.y.to(at::kDouble)};
}

Tensor unit_normal(const Key& key, const Tensor& like) {
  const Tensor drawn = key.normal(like.sizes()).to(like.options());
  return drawn / drawn.norm();
}

// Half along the gradient, so that the slope has many digits, half at random, so that what the gradient leaves out is
// met as well.
Tensor direction_for(const Key& key, const Tensor& gradient) {
  const double norm = scalar(gradient.norm());
  const Tensor random = unit_normal(key, gradient);
  return norm > 0 ? random + gradient / norm * unit_normal(key.split("along"), gradient).abs() *
                                 std::sqrt(static_cast<double>(gradient.numel()))
                  : random;
}

}  // namespace

Finding check_gradient(const PlannedRun& run) {
  constexpr double kGoodEnough = 1e-6;
  const Learner& learner = *run.learner;
  const DoublePoint at = double_point(run, "gradient");
  const Tensor gradient = learner.gradient(at.w, at.x, at.y).w;
  const auto loss = [&](const Tensor& w) { return scalar(learner.gradient(w, at.x, at.y).loss); };
  const double size = scalar(gradient.norm());
  double worst = 0;
  std::string where = "all";
  const std::vector<Part> parts = parts_of(learner);
  for (size_t i = 0; i < parts.size() && !std::isnan(worst); ++i) {
    Tensor u = at::zeros_like(at.w);
    parts[i].of(u).copy_(direction_for(run.key.split("direction").split(i), parts[i].of(gradient)));
    const double given = scalar(at::dot(gradient, u));
    double error = HUGE_VAL;
    for (const double step : {1e-5, 1e-6, 1e-7, 1e-8}) {
      const double measured = (loss(at.w + step * u) - loss(at.w - step * u)) / (2 * step);
      // A slope far below the size of the whole gradient has no digits to compare.
      const double scale = std::max({std::abs(measured), std::abs(given), 1e-3 * size, 1e-12});
      const double here = std::abs(given - measured) / scale;
      if (!(here >= error)) error = here;
      if (!(error > kGoodEnough)) break;
    }
    if (error <= worst) continue;
    worst = error;
    where = parts[i].name;
  }
  return finding(verdict_above(worst, {.warn = 1e-4, .fail = 1e-3}),
                 "error " + brief_number(worst) + " (" + where + ")", worst,
                 "the backward pass of that layer does not belong to its forward pass; hold it against AutogradNet");
}

Finding check_second_order(const PlannedRun& run) {
  constexpr double kStep = 1e-8;
  const Learner& learner = *run.learner;
  const DoublePoint at = double_point(run, "second order");
  const auto gradient = [&](const Tensor& w) { return learner.gradient(w, at.x, at.y).w; };
  std::vector<double> errors;
  for (uint64_t i = 0; i < 3; ++i) {
    const Tensor u = unit_normal(run.key.split("second order").split(i), at.w);
    const Tensor product = learner.second_order(at.w, u, at.x, at.y).w;
    const Tensor measured = (gradient(at.w + kStep * u) - gradient(at.w - kStep * u)) / (2 * kStep);
    const double error = scalar((product - measured).norm() / at::clamp_min(measured.norm(), 1e-12));
    errors.push_back(std::isnan(error) ? HUGE_VAL : error);
  }
  std::ranges::sort(errors);
  const double error = errors[1];  // one direction may have met a kink
  return finding(verdict_above(error, {.warn = 1e-4, .fail = 1e-2}), "error " + brief_number(error), error,
                 "meta-gradients would be wrong; hold the layers' tangents against AutogradNet");
}

}  // namespace gtn
