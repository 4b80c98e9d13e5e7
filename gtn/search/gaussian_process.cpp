#include "gtn/search/gaussian_process.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

namespace gtn {
namespace {

constexpr double kLengths[] = {0.125, 0.25, 0.5, 1, 2, 4};
constexpr double kNoiseRatios[] = {1e-4, 1e-3, 1e-2, 1e-1, 1};
constexpr double kLeastSignal = 1e-9;  // where all observations are equal

Tensor kernel(const Tensor& distances, const KernelParameters& parameters) {
  return (distances / -parameters.length).exp_().mul_(parameters.signal);
}

}  // namespace

Tensor word_distances(const std::vector<std::vector<std::string>>& bags) {
  // The k-th time that a word occurs in a bag is a word of its own, which makes the bags sets.
  std::map<std::pair<std::string, int64_t>, int64_t> columns;
  std::vector<int64_t> rows, entries;
  for (size_t i = 0; i < bags.size(); ++i) {
    std::map<std::string, int64_t> occurrences;
    for (const std::string& word : bags[i]) {
      const auto fresh = static_cast<int64_t>(columns.size());
      rows.push_back(static_cast<int64_t>(i));
      entries.push_back(columns.try_emplace({word, occurrences[word]++}, fresh).first->second);
    }
  }
  Tensor sets = at::zeros({static_cast<int64_t>(bags.size()), static_cast<int64_t>(columns.size())}, at::kDouble);
  auto cells = sets.accessor<double, 2>();
  for (size_t i = 0; i < rows.size(); ++i) cells[rows[i]][entries[i]] = 1;
  const Tensor shared = at::mm(sets, sets.t()), sizes = sets.sum(1);
  const Tensor all = sizes.unsqueeze(0) + sizes.unsqueeze(1) - shared;
  return at::where(all > 0, 1 - shared / all, at::zeros_like(all));
}

GaussianProcess::GaussianProcess(const Tensor& distances, const Tensor& observations,
                                 const KernelParameters& parameters)
    : parameters_(parameters) {
  Tensor covariance = kernel(distances, parameters);
  covariance.diagonal().add_(parameters.noise);
  factor_ = at::linalg_cholesky(covariance);
  weights_ = at::cholesky_solve(observations.unsqueeze(1), factor_);
  misfit_ = scalar(at::dot(observations, weights_.squeeze(1)));
  log_likelihood_ = -0.5 * misfit_ - scalar(factor_.diagonal().log().sum()) -
                    0.5 * static_cast<double>(observations.numel()) * std::log(2 * std::numbers::pi);
}

Posterior GaussianProcess::posterior(const Tensor& distances) const {
  const Tensor covariance = kernel(distances, parameters_);  // [m, n]
  const Tensor explained = at::linalg_solve_triangular(factor_, covariance.t(), /*upper=*/false);
  const Tensor variance = parameters_.signal - explained.square().sum(0);
  return {at::mv(covariance, weights_.squeeze(1)), variance.clamp_min(0).sqrt()};
}

KernelParameters fit_kernel(const Tensor& distances, const Tensor& observations) {
  KernelParameters best;
  double best_likelihood = -INFINITY;
  const auto count = static_cast<double>(observations.numel());
  for (const double length : kLengths) {
    for (const double ratio : kNoiseRatios) {
      // Of all covariances signal * K, signal = y' K^-1 y / n has the largest likelihood.
      const GaussianProcess unit(distances, observations, {length, 1, ratio});
      const double misfit = unit.misfit(), signal = std::max(misfit / count, kLeastSignal);
      const double likelihood = unit.log_likelihood() + 0.5 * (misfit - misfit / signal - count * std::log(signal));
      if (likelihood <= best_likelihood) continue;
      best_likelihood = likelihood;
      best = {length, signal, ratio * signal};
    }
  }
  return best;
}

Tensor expected_improvement(const Posterior& posterior, double best) {
  const Tensor gain = posterior.mean - best;
  const Tensor z = gain / posterior.deviation.clamp_min(1e-12);
  const Tensor density = (-0.5 * z.square()).exp() * std::sqrt(0.5 * std::numbers::inv_pi);
  const Tensor probability = 0.5 * at::erfc(-z * std::sqrt(0.5));
  return gain * probability + posterior.deviation * density;
}

}  // namespace gtn
