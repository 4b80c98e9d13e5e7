// Combined estimates on truths that are made of them.
#include "gtn/search/combination.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
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
  const Problem few(30, Key(3)), many(1000, Key(3));
  const auto share_of_noise = [](const Problem& known) {
    const Values weights = Combination::fit(known.estimates, known.truth).weights();
    return weights[2] / weights[0];
  };
  EXPECT_LT(share_of_noise(few), 0.3);
  EXPECT_LT(share_of_noise(many), 0.05);
}

TEST(Combination, leaves_out_an_estimate_that_says_the_contrary) {
  Problem known(60, Key(8));
  for (double& value : known.estimates[1]) value = -value;
  const Values weights = Combination::fit(known.estimates, known.truth).weights();
  EXPECT_EQ(weights[1], 0);
  EXPECT_GT(weights[0], 0.5);
}

TEST(Combination, is_of_equal_weights_until_truths_say_otherwise) {
  const std::vector<Values> estimates{{1, 10, 100, 1000}}, none{{}, {}};
  EXPECT_EQ(Combination::fit(none, {}).weights(), (Values{0.5, 0.5}));
  EXPECT_EQ(Combination::fit({{4}, {2}}, Values{7}).weights(), (Values{0.5, 0.5}));
  EXPECT_NEAR(Combination::fit(estimates, Values{-3, -2, 5, 6}).weights()[0], 1, 1e-12);
  // Ranks -1, -1/3, 1/3, 1: squares add up to 20/9, and the truth is their negative.
  EXPECT_NEAR(Combination::fit(estimates, Values{6, 5, -2, -3}).weights()[0], 1 - 2 * (20.0 / 9) / (20.0 / 9 + 5),
              1e-12);
  const Values predicted = Combination({0.5}).predict({{5, kNaN, 7}});
  EXPECT_NEAR(predicted[0], 0, 1e-12);
  EXPECT_NEAR(predicted[1], -0.5, 1e-12);
}

// The gradient of |y - F w|^2 + 5 |w - w0|^2 vanishes, and no weight is pushed below zero.
TEST(Combination, its_weights_are_the_minimum_that_they_are_said_to_be) {
  const auto scaled = [](const Values& values) { return (at::tensor(ranks_of(values), at::kDouble) - 5) / 4; };
  for (uint64_t seed = 0; seed < 6; ++seed) {
    const Problem problem(9, Key(4).split(seed));
    const Tensor w = at::tensor(Combination::fit(problem.estimates, problem.truth).weights(), at::kDouble);
    ASSERT_GT(scalar(w.min()), 0) << "choose other seeds";
    Tensor residual = -scaled(problem.truth);
    for (int64_t i = 0; i < 3; ++i) residual = residual + w[i] * scaled(problem.estimates[static_cast<size_t>(i)]);
    for (int64_t i = 0; i < 3; ++i)
      EXPECT_NEAR(scalar(residual.dot(scaled(problem.estimates[static_cast<size_t>(i)])) + 5 * (w[i] - 1.0 / 3)), 0,
                  1e-10);
  }
}

TEST(Combination, few_points_do_not_blow_up) {
  for (int64_t count = 2; count < 6; ++count) {
    std::vector<Values> estimates;
    for (uint64_t i = 0; i < 8; ++i) estimates.push_back(normal(count, Key(6).split(i)));
    const Combination combination = Combination::fit(estimates, normal(count, Key(7)));
    for (const double weight : combination.weights()) EXPECT_LE(weight, 0.5);
  }
  const Values constant{1, 1, 1};
  EXPECT_EQ(Combination::fit({constant, constant}, Values{1, 2, 3}).weights(), (Values{0.5, 0.5}));
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
  EXPECT_THROW(left_out_scores({Values{1, 2}}, Values{1, 2, 3}), std::invalid_argument);
}

}  // namespace
}  // namespace gtn
