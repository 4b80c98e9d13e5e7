#include "gtn/search/pareto.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace gtn {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool below(double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; }

bool dominates(const Objectives& a, const Objectives& b) {
  bool better = false;
  for (size_t k = 0; k < a.size(); ++k) {
    if (below(b[k], a[k])) return false;
    better = better || below(a[k], b[k]);
  }
  return better;
}

}  // namespace

std::vector<std::vector<size_t>> non_dominated_fronts(const std::vector<Objectives>& points) {
  for (const Objectives& point : points)
    if (point.size() != points[0].size())
      throw std::invalid_argument("non_dominated_fronts: the points differ in their number of objectives");
  std::vector<size_t> order(points.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::lexicographical_compare(points[a].begin(), points[a].end(), points[b].begin(), points[b].end(), below);
  });
  // In this order nothing dominates what stands before it, so that each point can join the first front that does not
  // dominate it (Zhang et al., 2015), and no matrix of who dominates whom is needed.
  std::vector<std::vector<size_t>> fronts;
  for (const size_t i : order) {
    const auto front = std::find_if(fronts.begin(), fronts.end(), [&](const std::vector<size_t>& members) {
      return std::none_of(members.begin(), members.end(), [&](size_t j) { return dominates(points[j], points[i]); });
    });
    front == fronts.end() ? fronts.push_back({i}) : front->push_back(i);
  }
  for (std::vector<size_t>& front : fronts) std::sort(front.begin(), front.end());
  return fronts;
}

std::vector<double> crowding_distances(const std::vector<Objectives>& points, std::span<const size_t> front) {
  std::vector<double> distances(front.size(), 0);
  if (front.empty()) return distances;
  std::vector<size_t> order(front.size());
  for (size_t k = 0; k < points[front[0]].size(); ++k) {
    const auto value = [&](size_t position) { return points[front[position]][k]; };
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return below(value(a), value(b)); });
    const double range = value(order.back()) - value(order.front());
    if (!std::isfinite(range) || range == 0) continue;
    distances[order.front()] = distances[order.back()] = kInfinity;
    for (size_t i = 1; i + 1 < order.size(); ++i)
      distances[order[i]] += (value(order[i + 1]) - value(order[i - 1])) / range;
  }
  return distances;
}

std::vector<size_t> pareto_front(std::span<const double> score, const std::vector<std::vector<double>>& costs) {
  if (score.size() != costs.size()) throw std::invalid_argument("pareto_front: as many scores as costs are needed");
  std::vector<size_t> finite;
  std::vector<Objectives> points;
  for (size_t i = 0; i < score.size(); ++i) {
    if (!std::isfinite(score[i])) continue;
    finite.push_back(i);
    points.push_back(costs[i]);
    points.back().push_back(-score[i]);
  }
  if (points.empty()) return {};
  std::vector<size_t> front = non_dominated_fronts(points).front();
  for (size_t& index : front) index = finite[index];
  return front;
}

std::vector<size_t> front_of_longest(std::span<const int64_t> steps, std::span<const double> score,
                                     const std::vector<std::vector<double>>& costs) {
  if (steps.size() != score.size()) throw std::invalid_argument("front_of_longest: as many steps as scores are needed");
  std::vector<double> comparable(score.begin(), score.end());
  for (size_t i = 0; i < steps.size(); ++i)
    if (steps[i] < std::ranges::max(steps)) comparable[i] = std::numeric_limits<double>::quiet_NaN();
  return pareto_front(comparable, costs);
}

}  // namespace gtn
