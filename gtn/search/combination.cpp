#include "gtn/search/combination.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "gtn/search/ranking.h"

namespace gtn {
namespace {

constexpr double kRidges[] = {1e-4, 1e-3, 1e-2, 1e-1, 1, 10};  // for each candidate; the mean square of a rank is 1/3

// Ranks from -1 to 1, of mean zero.
Tensor scaled_ranks(std::span<const double> values) {
  const Tensor ranks = at::tensor(ranks_of(values), at::kDouble);
  const auto n = static_cast<double>(values.size());
  return n < 2 ? at::zeros_like(ranks) : (2 * ranks - (n + 1)) / (n - 1);
}

// [candidate, estimator]
Tensor features(const std::vector<std::vector<double>>& estimates) {
  Tensors columns;
  for (const std::vector<double>& values : estimates) {
    if (values.size() != estimates.front().size())
      throw std::invalid_argument("Combination: the estimators have different numbers of candidates");
    columns.push_back(scaled_ranks(values));
  }
  return at::stack(columns, 1);
}

std::vector<double> values_of(const Tensor& vector) {
  const Tensor own = vector.contiguous();
  return {own.data_ptr<double>(), own.data_ptr<double>() + own.numel()};
}

struct Fitted {
  std::vector<double> weights;                             // of each estimator
  double error = std::numeric_limits<double>::infinity();  // squared, of each candidate predicted from the others
};

// With weights below zero left out, the lowest first; of none the error is infinite.
Fitted fit_without_negatives(const Tensor& x, const Tensor& y, double ridge) {
  Fitted fitted{.weights = std::vector<double>(static_cast<size_t>(x.size(1)))};
  std::vector<int64_t> kept(fitted.weights.size());
  std::iota(kept.begin(), kept.end(), 0);
  while (!kept.empty()) {
    const Tensor part = x.index_select(1, at::tensor(kept));
    const Tensor regularised =
        at::mm(part.t(), part) + ridge * static_cast<double>(y.size(0)) * at::eye(part.size(1), at::kDouble);
    const Tensor solver = at::linalg_solve(regularised, part.t());  // [estimator, candidate]: weights = solver y
    const std::vector<double> weights = values_of(at::mv(solver, y));
    const auto lowest = std::ranges::min_element(weights);
    if (*lowest < 0) {
      kept.erase(kept.begin() + (lowest - weights.begin()));
      continue;
    }
    for (size_t i = 0; i < kept.size(); ++i) fitted.weights[static_cast<size_t>(kept[i])] = weights[i];
    // Without candidate i the prediction for it misses by its residual / (1 - leverage): no need to fit again.
    const Tensor residual = y - at::mv(part, at::mv(solver, y)), leverage = (part * solver.t()).sum(1);
    fitted.error = scalar((residual / (1 - leverage)).square().sum());
    break;
  }
  return fitted;
}

}  // namespace

Combination Combination::fit(const std::vector<std::vector<double>>& estimates, std::span<const double> truth) {
  if (estimates.empty() || truth.size() < 2 || estimates.front().size() != truth.size())
    throw std::invalid_argument("Combination: needs an estimator, two candidates, and a truth for each of these");
  const NoGrad no_grad;
  const Tensor x = features(estimates), y = scaled_ranks(truth);
  Fitted best{.weights = std::vector<double>(estimates.size())};
  for (const double ridge : kRidges)
    if (Fitted fitted = fit_without_negatives(x, y, ridge); fitted.error < best.error) best = std::move(fitted);
  return Combination(std::move(best.weights));
}

std::vector<double> Combination::predict(const std::vector<std::vector<double>>& estimates) const {
  if (estimates.size() != weights_.size())
    throw std::invalid_argument("Combination: has weights for " + std::to_string(weights_.size()) +
                                " estimators, not " + std::to_string(estimates.size()));
  const NoGrad no_grad;
  return values_of(at::mv(features(estimates), at::tensor(weights_, at::kDouble)));
}

std::vector<double> left_out_scores(const std::vector<std::vector<double>>& estimates, std::span<const double> truth) {
  std::vector<double> scores;
  for (size_t left_out = 0; left_out < truth.size(); ++left_out) {
    const auto others = [&](std::span<const double> values) {
      std::vector<double> kept(values.begin(), values.end());
      if (left_out < kept.size()) kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(left_out));
      return kept;
    };
    std::vector<std::vector<double>> columns;
    for (const std::vector<double>& values : estimates) columns.push_back(others(values));
    scores.push_back(Combination::fit(columns, others(truth)).predict(estimates)[left_out]);
  }
  return scores;
}

}  // namespace gtn
