#include "gtn/search/combination.h"

#include <stdexcept>

#include "gtn/search/ranking.h"

namespace gtn {
namespace {

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

}  // namespace

Combination Combination::fit(const std::vector<std::vector<double>>& estimates, std::span<const double> truth) {
  if (estimates.empty() || estimates.front().size() != truth.size())
    throw std::invalid_argument("Combination: needs an estimator, and a truth for each candidate");
  const NoGrad no_grad;
  const Tensor x = features(estimates), y = scaled_ranks(truth);
  const Tensor equal = at::full({x.size(1)}, 1 / static_cast<double>(x.size(1)), at::kDouble);
  const Tensor gram = at::mm(x.t(), x) + kEqualWeights * at::eye(x.size(1), at::kDouble);
  const Tensor change = at::linalg_solve(gram, at::mv(x.t(), y - at::mv(x, equal)));
  return Combination(values_of((equal + change).clamp_min(0)));
}

std::vector<double> Combination::predict(const std::vector<std::vector<double>>& estimates) const {
  if (estimates.size() != weights_.size())
    throw std::invalid_argument("Combination: has weights for " + std::to_string(weights_.size()) +
                                " estimators, not " + std::to_string(estimates.size()));
  const NoGrad no_grad;
  return values_of(at::mv(features(estimates), at::tensor(weights_, at::kDouble)));
}

std::vector<std::vector<double>> estimates_of(const std::vector<std::vector<double>>& estimates,
                                              std::span<const int64_t> candidates) {
  std::vector<std::vector<double>> result(estimates.size());
  for (size_t e = 0; e < estimates.size(); ++e)
    for (const int64_t i : candidates) result[e].push_back(estimates[e].at(static_cast<size_t>(i)));
  return result;
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
