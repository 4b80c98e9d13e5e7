// Fronts and crowding of hand-made points, and of random ones against the definition.
#include "gtn/search/pareto.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace gtn {
namespace {

using testing::ElementsAre;
using Fronts = std::vector<std::vector<size_t>>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const double kNan = std::nan("");

TEST(Pareto, fronts_of_a_hand_made_example) {
  //                                       0       1       2       3       4       5       6
  const std::vector<Objectives> points{{1, 5}, {2, 3}, {4, 1}, {2, 4}, {5, 2}, {5, 5}, {2, 3}};
  EXPECT_EQ(non_dominated_fronts(points), (Fronts{{0, 1, 2, 6}, {3, 4}, {5}}));
  EXPECT_EQ(non_dominated_fronts({}), Fronts{});
  EXPECT_EQ(non_dominated_fronts({{3}, {1}, {2}, {1}}), (Fronts{{1, 3}, {2}, {0}}));
  EXPECT_EQ(non_dominated_fronts({{}, {}}), (Fronts{{0, 1}}));
}

TEST(Pareto, nan_is_worse_than_every_number) {
  EXPECT_EQ(non_dominated_fronts({{1, kNan}, {1, kInfinity}, {0, kNan}, {kNan, kNan}}), (Fronts{{1, 2}, {0}, {3}}));
}

TEST(Pareto, crowding_of_a_hand_made_front) {
  const std::vector<Objectives> points{{9, 9}, {0, 10}, {1, 6}, {4, 5}, {10, 0}};
  const std::vector<size_t> front{4, 2, 1, 3};
  // (4 - 0) / 10 + (10 - 5) / 10 and (10 - 1) / 10 + (6 - 0) / 10.
  const auto distances = crowding_distances(points, front);
  EXPECT_THAT(distances, ElementsAre(kInfinity, testing::DoubleEq(0.9), kInfinity, testing::DoubleEq(1.5)));
}

TEST(Pareto, crowding_without_a_range_adds_nothing) {
  const std::vector<size_t> front{0, 1, 2};
  EXPECT_THAT(crowding_distances({{1, 0}, {1, 1}, {1, 3}}, front), ElementsAre(kInfinity, 1, kInfinity));
  EXPECT_THAT(crowding_distances({{1, -kInfinity}, {1, 1}, {1, kNan}}, front), ElementsAre(0, 0, 0));
  EXPECT_TRUE(crowding_distances({}, {}).empty());
}

TEST(Pareto, front_of_scores_and_costs) {
  const std::vector<double> score{kNan, 0.9, 0.8, 0.7, 0.9, -kInfinity};
  const std::vector<std::vector<double>> costs{{0, 0}, {5, 1}, {3, 3}, {4, 3}, {6, 1}, {0, 0}};
  EXPECT_THAT(pareto_front(score, costs), ElementsAre(1, 2));
  EXPECT_TRUE(pareto_front({}, {}).empty());
  EXPECT_TRUE(pareto_front(std::vector<double>{kNan}, {{1}}).empty());
}

TEST(Pareto, lengths_that_differ_are_the_callers_mistake) {
  EXPECT_THROW(pareto_front(std::vector<double>{1, 2}, {{1}}), std::invalid_argument);
  EXPECT_THROW(non_dominated_fronts({{1, 2}, {1}}), std::invalid_argument);
}

TEST(Pareto, front_of_longest_leaves_out_what_took_fewer_steps) {
  const std::vector<int64_t> steps{4, 128, 128, 128};
  const std::vector<double> score{60, 90, 95, 80};
  const std::vector<std::vector<double>> costs{{10}, {100}, {200}, {150}};
  EXPECT_EQ(front_of_longest(steps, score, costs), (std::vector<size_t>{1, 2}));
  EXPECT_EQ(pareto_front(score, costs), (std::vector<size_t>{0, 1, 2}));
  EXPECT_TRUE(front_of_longest({}, {}, {}).empty());
  EXPECT_THROW(front_of_longest(std::vector<int64_t>{1}, score, costs), std::invalid_argument);
}

RC_GTEST_PROP(ParetoProperty, each_front_is_what_the_definition_says, ()) {
  const auto numbers = *rc::gen::container<std::vector<std::array<int, 3>>>(
      rc::gen::container<std::array<int, 3>>(rc::gen::inRange(0, 5)));
  std::vector<Objectives> points;
  for (const auto& point : numbers) points.emplace_back(point.begin(), point.end());
  const auto dominates = [&](size_t a, size_t b) {
    bool better = false;
    for (size_t k = 0; k < 3; ++k) {
      if (points[a][k] > points[b][k]) return false;
      better = better || points[a][k] < points[b][k];
    }
    return better;
  };
  std::vector<size_t> left(points.size());
  std::iota(left.begin(), left.end(), size_t{0});
  for (const auto& front : non_dominated_fronts(points)) {
    std::vector<size_t> expected, others;
    for (const size_t i : left) {
      const bool dominated = std::any_of(left.begin(), left.end(), [&](size_t j) { return dominates(j, i); });
      (dominated ? others : expected).push_back(i);
    }
    RC_ASSERT(front == expected);
    left = others;
  }
  RC_ASSERT(left.empty());
}

}  // namespace
}  // namespace gtn
