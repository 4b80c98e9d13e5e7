// Combined estimates on truths that are made of them.
#include "gtn/search/combination.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

#include "gtn/search/ranking.h"

namespace gtn {
namespace {

using Values = std::vector<double>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Values normal(int64_t count, const Key& key) {
  const Tensor drawn = key.normal({count}).to(at::kDouble);
  return {drawn.data_ptr<double>(), drawn.data_ptr<double>() + count};
}

// 2 a + b with a little noise, of estimates a, b and one that knows nothing.
struct Problem {
  std::vector<Values> estimates;
  Values truth;
  Problem(int64_t count, const Key& key)
      : estimates{normal(count, key.split("a")), normal(count, key.split("b")), normal(count, key.split("c"))} {
    const Values noise = normal(count, key.split("noise"));
    for (size_t i = 0; i < noise.size(); ++i) truth.push_back(2 * estimates[0][i] + estimates[1][i] + 0.2 * noise[i]);
  }
};

TEST(Combination, learns_a_linear_relation_and_ranks_others_by_it) {
  const Problem known(30, Key(1)), others(200, Key(2));
  const Combination combination = Combination::fit(known.estimates, known.truth);
  const double correlation = spearman(combination.predict(others.estimates), others.truth);
  EXPECT_GT(correlation, 0.96);
  for (const Values& estimate : others.estimates) EXPECT_GT(correlation, spearman(estimate, others.truth) + 0.05);
  ASSERT_EQ(combination.weights().size(), 3u);
  EXPECT_NEAR(combination.weights()[1] / combination.weights()[0], 0.5, 0.2);
}

TEST(Combination, leaves_an_estimate_of_noise_alone) {
  const Problem known(30, Key(3));
  const Values weights = Combination::fit(known.estimates, known.truth).weights();
  EXPECT_LT(std::abs(weights[2]), 0.1 * std::abs(weights[0]));
}

TEST(Combination, leaves_out_an_estimate_that_says_the_contrary) {
  const Problem known(30, Key(8));
  std::vector<Values> estimates = known.estimates;
  for (double& value : estimates[1]) value = -value;
  const Values weights = Combination::fit(estimates, known.truth).weights();
  EXPECT_EQ(weights[1], 0);
  EXPECT_NEAR(weights[0], Combination::fit({known.estimates[0], known.estimates[2]}, known.truth).weights()[0], 1e-12);
  EXPECT_EQ(Combination::fit({estimates[1]}, known.truth).weights(), Values{0});
}

TEST(Combination, one_perfect_estimate_in_closed_form) {
  // Ranks -1, -1/3, 1/3, 1: squares add up to 20/9, and the smallest ridge is the best.
  const Combination combination = Combination::fit({{1, 10, 100, 1000}}, Values{-3, -2, 5, 6});
  EXPECT_NEAR(combination.weights()[0], 20.0 / 9 / (20.0 / 9 + 4e-4), 1e-12);
  const Values predicted = combination.predict({{5, kNaN, 7}});
  EXPECT_NEAR(predicted[0], 0, 1e-12);
  EXPECT_NEAR(predicted[1], -combination.weights()[0], 1e-12);
}

// The ridge regression of y on x without row `left_out`; of all rows where it is -1.
Tensor ridge_weights(const Tensor& x, const Tensor& y, double strength, int64_t left_out) {
  Tensor gram = strength * at::eye(x.size(1), at::kDouble), product = at::zeros({x.size(1)}, at::kDouble);
  for (int64_t i = 0; i < x.size(0); ++i) {
    if (i == left_out) continue;
    gram = gram + at::outer(x[i], x[i]);
    product = product + x[i] * y[i];
  }
  return at::linalg_solve(gram, product);
}

// The columns of x that are left where the one of the most negative weight goes, again and again.
Tensor kept_columns(const Tensor& x, const Tensor& y, double strength) {
  Tensor kept = at::arange(x.size(1), at::kLong);
  for (;;) {
    const Tensor weights = ridge_weights(x.index_select(1, kept), y, strength, -1);
    if (scalar(weights.min()) >= 0) return kept;
    kept = kept.masked_select(weights != weights.min());
  }
}

TEST(Combination, its_ridge_predicts_best_what_was_left_out) {
  const auto scaled = [](const Values& values) { return (at::tensor(ranks_of(values), at::kDouble) - 5) / 4; };
  std::set<double> chosen;
  for (uint64_t seed = 0; seed < 6; ++seed) {
    const Problem problem(9, Key(4).split(seed));
    std::vector<Values> estimates{problem.estimates[1]};
    for (uint64_t i = 0; i < 4; ++i) estimates.push_back(normal(9, Key(5).split(seed).split(i)));
    Tensors columns;
    for (const Values& values : estimates) columns.push_back(scaled(values));
    const Tensor x = at::stack(columns, 1), y = scaled(problem.truth);
    double least = std::numeric_limits<double>::infinity(), best = 0;
    for (const double ridge : {1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0}) {
      double error = 0;
      const Tensor part = x.index_select(1, kept_columns(x, y, 9 * ridge));
      for (int64_t i = 0; i < 9; ++i)
        error += std::pow(scalar(y[i] - part[i].dot(ridge_weights(part, y, 9 * ridge, i))), 2);
      if (error < least) {
        least = error;
        best = ridge;
      }
    }
    chosen.insert(best);
    const Tensor kept = kept_columns(x, y, 9 * best);
    const Tensor expected =
        at::zeros({5}, at::kDouble).index_add(0, kept, ridge_weights(x.index_select(1, kept), y, 9 * best, -1));
    EXPECT_TRUE(at::allclose(at::tensor(Combination::fit(estimates, problem.truth).weights(), at::kDouble), expected, 0,
                             1e-10));
  }
  EXPECT_GE(chosen.size(), 2u);
}

TEST(Combination, few_points_do_not_blow_up) {
  for (int64_t count = 2; count < 6; ++count) {
    std::vector<Values> estimates;
    for (uint64_t i = 0; i < 8; ++i) estimates.push_back(normal(count, Key(6).split(i)));
    const Combination combination = Combination::fit(estimates, normal(count, Key(7)));
    for (const double weight : combination.weights()) EXPECT_LE(std::abs(weight), 1);
  }
  const Values constant{1, 1, 1};
  EXPECT_EQ(Combination::fit({constant, constant}, Values{1, 2, 3}).weights(), (Values{0, 0}));
  EXPECT_EQ(Combination({0.5}).predict({{7}}), Values{0});
  EXPECT_EQ(Combination({0.5}).predict({{}}), Values{});
}

TEST(Combination, what_is_not_finite_is_the_lowest) {
  const std::vector<Values> lowest{{3, 1, 2, -9}, {1, -9, 2, 3}}, failed{{3, 1, 2, kNaN}, {1, INFINITY, 2, 3}};
  const Values truth{3, 1, 2, -9}, failed_truth{3, 1, 2, kNaN};
  const Combination expected = Combination::fit(lowest, truth), combination = Combination::fit(failed, failed_truth);
  EXPECT_EQ(combination.weights(), expected.weights());
  EXPECT_EQ(combination.predict(failed), expected.predict(lowest));
}

TEST(Combination, refuses_what_does_not_fit) {
  const Values truth{1, 2, 3};
  EXPECT_THROW(Combination::fit({}, truth), std::invalid_argument);
  EXPECT_THROW(Combination::fit({{1}}, Values{1}), std::invalid_argument);
  EXPECT_THROW(Combination::fit({{1, 2}}, truth), std::invalid_argument);
  EXPECT_THROW(Combination::fit({{1, 2, 3}, {1, 2}}, truth), std::invalid_argument);
  const Combination combination({0.5, 0.5});
  EXPECT_THROW(combination.predict({{1, 2}}), std::invalid_argument);
  EXPECT_THROW(combination.predict({{1, 2}, {1}}), std::invalid_argument);
}

TEST(Combination, of_all_others_does_not_know_the_one_that_it_ranks) {
  const Problem problem(30, Key(5));
  const Values scores = left_out_scores(problem.estimates, problem.truth);
  EXPECT_GT(spearman(scores, problem.truth), 0.9);
  // Whatever the truth of the one left out, its score is the same; it is that of a fit without it.
  Values other = problem.truth;
  other[3] = -1e6;
  EXPECT_EQ(left_out_scores(problem.estimates, other)[3], scores[3]);
  EXPECT_NE(left_out_scores(problem.estimates, other)[4], scores[4]);
  EXPECT_THROW(left_out_scores({Values{1, 2}}, Values{1, 2}), std::invalid_argument);
}

}  // namespace
}  // namespace gtn
