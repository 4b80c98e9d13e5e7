// What every estimator keeps to. To test a new one, call expect_estimator_contract() on it and a net that it can judge.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include "gtn/core/side_by_side.h"
#include "gtn/search/estimator.h"

namespace gtn {
namespace contract {

// Equal to the bit, NaN included.
inline bool same_score(const Estimate& one, const Estimate& other) {
  return one.score == other.score || (std::isnan(one.score) && std::isnan(other.score));
}

// Leads to the score, where there is one.
inline void expect_curve(const Estimate& estimate, int64_t steps) {
  ASSERT_EQ(estimate.curve.empty(), steps == 0 || !std::isfinite(estimate.score));
  if (estimate.curve.empty()) return;
  EXPECT_EQ(estimate.curve.back(), (ScorePoint{steps, estimate.score}));
  for (size_t i = 1; i < estimate.curve.size(); ++i) EXPECT_LT(estimate.curve[i - 1].steps, estimate.curve[i].steps);
}

// One estimate, whatever is asked, for no steps.
inline void expect_one_without_training(const Estimator& estimator, const Net& net, const Key& key) {
  const std::vector<Estimate> alone = estimator.estimate(net, {}, key);
  const std::vector<Estimate> asked = estimator.estimate(net, std::vector<int64_t>{1, 7}, key);
  ASSERT_EQ(alone.size(), 1u);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_TRUE(same_score(alone[0], asked[0]));
  EXPECT_EQ(alone[0].cost.steps, 0);
  EXPECT_EQ(alone[0].cost.images, 0);
  expect_curve(alone[0], 0);
}

// One estimate a fidelity, each with the score and the cost that it has alone.
inline void expect_one_a_fidelity(const Estimator& estimator, const Net& net, const Key& key) {
  ASSERT_GE(estimator.steps(), 2) << "give one that can be judged in between";
  const std::vector<int64_t> fidelities{1, estimator.steps()};
  const std::vector<Estimate> both = estimator.estimate(net, fidelities, key);
  ASSERT_EQ(both.size(), 2u);
  for (size_t i = 0; i < both.size(); ++i) {
    const std::vector<Estimate> alone = estimator.estimate(net, std::span(fidelities).subspan(i, 1), key);
    ASSERT_EQ(alone.size(), 1u);
    EXPECT_TRUE(same_score(alone[0], both[i]));
    EXPECT_EQ(alone[0].cost.steps, both[i].cost.steps);
    EXPECT_EQ(alone[0].cost.images, both[i].cost.images);
    EXPECT_EQ(alone[0].curve, both[i].curve);
    expect_curve(both[i], fidelities[i]);
  }
  EXPECT_GE(both[0].cost.steps, 1);
  EXPECT_GT(both[1].cost.steps, both[0].cost.steps);
  EXPECT_GT(both[1].cost.images, both[0].cost.images);
  for (const std::vector<int64_t>& wrong :
       std::vector<std::vector<int64_t>>{{}, {0}, {2, 1}, {1, 1}, {estimator.steps() + 1}})
    EXPECT_THROW(estimator.estimate(net, wrong, key), std::invalid_argument);
}

}  // namespace contract

inline void expect_estimator_contract(const Estimator& estimator, const Net& net) {
  EXPECT_EQ(estimator.learners() > 0, estimator.steps() > 0);
  SCOPED_TRACE(estimator.name());
  EXPECT_FALSE(estimator.name().empty());
  const Key key(11);
  if (estimator.steps() == 0)
    contract::expect_one_without_training(estimator, net, key);
  else
    contract::expect_one_a_fidelity(estimator, net, key);
  // A pure function, on any thread.
  std::vector<int64_t> last;
  if (estimator.steps() > 0) last = {estimator.steps()};
  std::vector<Estimate> estimates(4);
  side_by_side(4, [&](int64_t i) { estimates[static_cast<size_t>(i)] = estimator.estimate(net, last, key).back(); });
  for (const Estimate& estimate : estimates) {
    EXPECT_TRUE(contract::same_score(estimate, estimates[0]));
    EXPECT_NE(estimate.score, std::numeric_limits<double>::infinity());
    EXPECT_GE(estimate.cost.seconds, 0);
  }
}

}  // namespace gtn
