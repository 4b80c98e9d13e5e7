#include "gtn/search/ranking.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace gtn {
namespace {

constexpr double kTail = 0.025;  // on either side of an interval

void expect_pairs(std::span<const double> a, std::span<const double> b, const std::string& caller) {
  if (a.size() != b.size())
    throw std::invalid_argument(caller + ": " + std::to_string(a.size()) + " and " + std::to_string(b.size()) +
                                " values are no pairs");
}

// By which values are compared: whatever is not finite is equal, and lowest.
double ordinal(double value) { return std::isfinite(value) ? value : -std::numeric_limits<double>::infinity(); }

double sign(double x) { return static_cast<double>((x > 0) - (x < 0)); }

std::vector<double> gather(std::span<const double> values, std::span<const int64_t> indices) {
  std::vector<double> result;
  for (const int64_t i : indices) result.push_back(values[static_cast<size_t>(i)]);
  return result;
}

// The value below which a share of the sorted ones lies, linear between neighbours.
double quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

}  // namespace

std::vector<size_t> highest_first(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater{}, [&](size_t i) { return ordinal(values[i]); });
  return order;
}

std::vector<double> ranks_of(std::span<const double> values) {
  const std::vector<size_t> order = highest_first(values);
  const auto value_at = [&](size_t position) { return ordinal(values[order[position]]); };
  std::vector<double> ranks(values.size());
  for (size_t first = 0, next = 0; first < order.size(); first = next) {
    while (next < order.size() && value_at(next) == value_at(first)) ++next;
    const double mean_position = static_cast<double>(first + next - 1) / 2;  // from the top, counted from 0
    for (size_t i = first; i < next; ++i) ranks[order[i]] = static_cast<double>(order.size()) - mean_position;
  }
  return ranks;
}

double spearman(std::span<const double> a, std::span<const double> b) {
  expect_pairs(a, b, "spearman");
  const std::vector<double> rank_a = ranks_of(a), rank_b = ranks_of(b);
  const double mean = static_cast<double>(a.size() + 1) / 2;
  double product = 0, square_a = 0, square_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = rank_a[i] - mean, y = rank_b[i] - mean;
    product += x * y;
    square_a += x * x;
    square_b += y * y;
  }
  return product / std::sqrt(square_a * square_b);  // a constant side: 0 / 0, exactly
}

double kendall(std::span<const double> a, std::span<const double> b) {
  expect_pairs(a, b, "kendall");
  const std::vector<double> rank_a = ranks_of(a), rank_b = ranks_of(b);
  double agreement = 0, untied_a = 0, untied_b = 0;  // concordant pairs less discordant ones; pairs that differ
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t j = 0; j < i; ++j) {
      const double x = sign(rank_a[i] - rank_a[j]), y = sign(rank_b[i] - rank_b[j]);
      agreement += x * y;
      untied_a += x * x;
      untied_b += y * y;
    }
  return agreement / std::sqrt(untied_a * untied_b);
}

Interval bootstrap_interval(Correlation correlation, std::span<const double> estimate, std::span<const double> truth,
                            const Key& key, int64_t resamples) {
  expect_pairs(estimate, truth, "bootstrap_interval");
  const auto n = std::ssize(estimate);
  std::vector<double> correlations;
  for (int64_t i = 0; n > 0 && i < resamples; ++i) {
    const Tensor drawn = key.split(static_cast<uint64_t>(i)).integers(n, n);
    const std::span indices(drawn.data_ptr<int64_t>(), estimate.size());
    const double sampled = correlation(gather(estimate, indices), gather(truth, indices));
    if (!std::isnan(sampled)) correlations.push_back(sampled);
  }
  std::ranges::sort(correlations);
  return {quantile(correlations, kTail), quantile(correlations, 1 - kTail)};
}

double top_half_spearman(std::span<const double> estimate, std::span<const double> truth) {
  expect_pairs(estimate, truth, "top_half_spearman");
  const std::vector<size_t> order = highest_first(estimate);
  const std::vector<int64_t> upper(order.begin(), order.begin() + (std::ssize(order) + 1) / 2);
  return spearman(gather(estimate, upper), gather(truth, upper));
}

double regret_at(std::span<const double> estimate, std::span<const double> truth, int64_t k) {
  expect_pairs(estimate, truth, "regret_at");
  if (k < 1 || estimate.empty()) throw std::invalid_argument("regret_at: there is nothing to choose from");
  const std::vector<size_t> order = highest_first(estimate);
  const auto best_of = [&](std::span<const size_t> chosen) {
    double best = -std::numeric_limits<double>::infinity();
    for (const size_t i : chosen) best = std::max(best, ordinal(truth[i]));
    return best;
  };
  return best_of(order) - best_of(std::span(order).first(std::min(static_cast<size_t>(k), order.size())));
}

}  // namespace gtn
