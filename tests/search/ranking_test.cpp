// Rank correlations against published and hand-counted examples with ties, and what holds for all of them.
#include "gtn/search/ranking.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace gtn {
namespace {

using Values = std::vector<double>;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

TEST(Ranks, equal_values_share_the_mean_and_what_is_not_finite_is_lowest) {
  EXPECT_EQ(ranks_of(Values{3, 1, 3, 2}), (Values{3.5, 1, 3.5, 2}));
  EXPECT_EQ(ranks_of(Values{kNotANumber, -5, kInf, 7, -kInf}), (Values{2, 4, 2, 5, 2}));
  EXPECT_EQ(ranks_of(Values{4, 4, 4}), (Values{2, 2, 2}));
  EXPECT_EQ(ranks_of(Values{}), Values{});
  EXPECT_EQ(highest_first(Values{1, kInf, 3, 1, kNotANumber, 3}), (std::vector<size_t>{2, 5, 0, 3, 1, 4}));
}

TEST(Spearman, examples) {
  // Intelligence and hours of television, the example of many textbooks: 1 - 6 * 194 / (10 * 99).
  const Values iq{106, 100, 86, 101, 99, 103, 97, 113, 112, 110}, hours{7, 27, 2, 50, 28, 29, 20, 12, 6, 17};
  EXPECT_NEAR(spearman(iq, hours), -29.0 / 165, 1e-15);
  // Ranks 1 2.5 2.5 4 and 1 4 2.5 2.5: deviations -1.5 0 0 1.5 and -1.5 1.5 0 0.
  EXPECT_NEAR(spearman(Values{1, 2, 2, 4}, Values{10, 40, 20, 20}), 2.25 / 4.5, 1e-15);
}

TEST(Kendall, examples) {
  // Of the ten pairs two are tied in a, and one of these in b; of the eight others two agree and six do not.
  EXPECT_NEAR(kendall(Values{12, 2, 1, 12, 2}, Values{1, 4, 7, 1, 0}), -4 / std::sqrt(72.0), 1e-15);
  EXPECT_NEAR(kendall(Values{1, 2, 3, 4}, Values{1, 3, 2, 4}), 4.0 / 6, 1e-15);
}

TEST(Correlations, without_an_answer_are_nan_and_unequal_lengths_are_refused) {
  for (const auto& correlation : {spearman, kendall, top_half_spearman}) {
    EXPECT_TRUE(std::isnan(correlation(Values{}, Values{})));
    EXPECT_TRUE(std::isnan(correlation(Values{1}, Values{2})));
    EXPECT_TRUE(std::isnan(correlation(Values{1, 2, 3, 4}, Values{5, 5, 5, 5})));
    EXPECT_TRUE(std::isnan(correlation(Values{kNotANumber, kInf, kNotANumber, kNotANumber}, Values{1, 2, 3, 4})));
    EXPECT_THROW(correlation(Values{1, 2}, Values{1}), std::invalid_argument);
  }
  EXPECT_THROW(bootstrap_interval(spearman, Values{1, 2}, Values{1}, Key(0)), std::invalid_argument);
  EXPECT_THROW(regret_at(Values{1, 2}, Values{1}, 1), std::invalid_argument);
}

// Few different values, so that ties are the rule.
Values drawn(int64_t count) {
  Values values;
  for (const int value : *rc::gen::container<std::vector<int>>(static_cast<size_t>(count), rc::gen::inRange(-4, 5)))
    values.push_back(value);
  return values;
}

RC_GTEST_PROP(Correlations, see_the_order_alone, ()) {
  const auto count = *rc::gen::inRange<int64_t>(2, 12);
  const Values a = drawn(count), b = drawn(count);
  Values stretched, turned;
  for (const double value : a) {
    stretched.push_back(std::exp(3 * value) - 7);
    turned.push_back(-value);
  }
  for (const auto& correlation : {spearman, kendall}) {
    const double value = correlation(a, b);
    if (std::isnan(value)) continue;  // a constant side
    RC_ASSERT(std::abs(value) <= 1 + 1e-12);
    RC_ASSERT(std::abs(correlation(a, a) - 1) < 1e-12);
    RC_ASSERT(std::abs(correlation(b, a) - value) < 1e-12);
    RC_ASSERT(std::abs(correlation(stretched, b) - value) < 1e-12);
    RC_ASSERT(std::abs(correlation(turned, b) + value) < 1e-12);
  }
}

TEST(Correlations, a_candidate_that_failed_counts_as_the_worst) {
  const Values truth{1, 2, 3, 4, 5}, low{-9, 2, 3, 5, 4};
  for (const double failed : {kNotANumber, kInf, -kInf}) {
    const Values estimate{failed, 2, 3, 5, 4};
    EXPECT_EQ(spearman(estimate, truth), spearman(low, truth));
    EXPECT_EQ(kendall(estimate, truth), kendall(low, truth));
  }
}

// Pairs with a correlation of about 0.7.
std::pair<Values, Values> noisy_pairs(int64_t count, const Key& key) {
  const Tensor x = key.split("x").normal({count}), y = x + key.split("noise").normal({count});
  const auto values = [](const Tensor& t) { return Values(t.data_ptr<float>(), t.data_ptr<float>() + t.numel()); };
  return {values(x), values(y)};
}

TEST(SpearmanInterval, holds_the_estimate_and_shrinks_as_the_root_of_the_count) {
  const auto mean_width = [](int64_t count) {
    double sum = 0;
    for (uint64_t i = 0; i < 10; ++i) {
      const auto [a, b] = noisy_pairs(count, Key(5).split(i));
      const Interval interval = bootstrap_interval(spearman, a, b, Key(1), 200);
      EXPECT_LT(interval.low, spearman(a, b));
      EXPECT_GT(interval.high, spearman(a, b));
      sum += (interval.high - interval.low) / 10;
    }
    return sum;
  };
  EXPECT_NEAR(mean_width(30) / mean_width(270), 3, 0.5);
}

TEST(SpearmanInterval, covers_the_truth_about_as_often_as_it_says) {
  const double truth = 6 / M_PI * std::asin(std::sqrt(0.5) / 2);  // of a normal pair with Pearson's r = sqrt(1/2)
  int covered = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    const auto [a, b] = noisy_pairs(60, Key(9).split(i));
    const Interval interval = bootstrap_interval(spearman, a, b, Key(2).split(i), 200);
    covered += interval.low <= truth && truth <= interval.high ? 1 : 0;
  }
  EXPECT_GE(covered, 87);
  EXPECT_LE(covered, 99);
}

TEST(SpearmanInterval, depends_on_the_key_alone_and_leaves_out_constant_samples) {
  const auto [a, b] = noisy_pairs(30, Key(6));
  const Interval one = bootstrap_interval(spearman, a, b, Key(1)), again = bootstrap_interval(spearman, a, b, Key(1));
  EXPECT_EQ(one.low, again.low);
  EXPECT_EQ(one.high, again.high);
  EXPECT_NE(one.low, bootstrap_interval(spearman, a, b, Key(2)).low);
  const Interval perfect =
      bootstrap_interval(spearman, Values{1, 2, 3}, Values{4, 5, 6}, Key(3));  // one in nine is constant
  EXPECT_NEAR(perfect.low, 1, 1e-12);
  EXPECT_NEAR(perfect.high, 1, 1e-12);
  EXPECT_TRUE(std::isnan(bootstrap_interval(spearman, Values{1, 1}, Values{1, 2}, Key(4)).low));
  EXPECT_TRUE(std::isnan(bootstrap_interval(spearman, Values{}, Values{}, Key(4)).high));
}

TEST(TopHalf, is_the_correlation_of_the_upper_half_by_estimate) {
  // The upper three of five are those with estimates 9, 8, 7: truths 3, 1, 2.
  EXPECT_NEAR(top_half_spearman(Values{7, 0, 9, kNotANumber, 8}, Values{2, 50, 3, 60, 1}), 0.5, 1e-15);
  // A tie at the cut: the first of those given stays.
  EXPECT_NEAR(top_half_spearman(Values{2, 1, 1, 1}, Values{5, 4, 90, 80}), 1, 1e-15);
}

TEST(Regret, is_what_choosing_by_the_estimate_costs) {
  const Values estimate{5, 9, 7, 7, kInf}, truth{91, 80, 85.5, 99, 93};
  EXPECT_EQ(regret_at(estimate, truth, 1), 19);
  EXPECT_EQ(regret_at(estimate, truth, 2), 13.5);
  EXPECT_EQ(regret_at(estimate, truth, 3), 0);
  EXPECT_EQ(regret_at(estimate, truth, 100), 0);
  EXPECT_EQ(regret_at(Values{2, 1}, Values{kNotANumber, 50}, 1), kInf);
  EXPECT_EQ(regret_at(Values{1, 2}, Values{kInf, 50}, 1), 0);
  EXPECT_TRUE(std::isnan(regret_at(Values{1, 2}, Values{kNotANumber, kInf}, 1)));
  EXPECT_THROW(regret_at(estimate, truth, 0), std::invalid_argument);
  EXPECT_THROW(regret_at(Values{}, Values{}, 1), std::invalid_argument);
}

}  // namespace
}  // namespace gtn
