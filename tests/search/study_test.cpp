#include "gtn/search/study.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "gtn/core/error.h"
#include "gtn/search/ranking.h"

namespace gtn {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Six architectures; the teacher ranks them with one neighbouring pair swapped, real data does so only between 4 and 16
// steps.
StudyTable table() {
  StudyTable table;
  table.space = "toy";
  table.dataset = "none";
  table.genotypes = {"a", "b", "c", "d", "e", "f"};
  table.truth = {1, 2, 3, 4, 5, 6};
  table.truth_steps = 100;
  table.truth_seconds = 10;
  table.estimators = {
      {"teacher", {1, 4}, {5, 20}, {0.5, 2}, {{6, 5, 4, 3, 2, 1}, {1, 2, 3, 4, 6, 5}}},
      {"real", {1, 4, 16}, {5, 20, 80}, {1, 4, 16}, {{3, 1, 2, 6, 5, 4}, {2, 1, 4, 3, 6, 5}, {1, 2, 3, 4, 5, 6}}},
      {"params", {0}, {0}, {0}, {{1, 1, 2, 2, 3, kNone}}}};
  return table;
}

TEST(Study, ranks_every_estimator_at_every_fidelity) {
  const StudyReport report = analyse(table(), Key(1));
  ASSERT_EQ(report.rows.size(), 6);
  EXPECT_DOUBLE_EQ(report.rows[0].spearman, -1);
  EXPECT_NEAR(report.rows[1].spearman, 1 - 6.0 * 2 / 210, 1e-12);
  EXPECT_EQ(report.rows[1].fidelity, 4);
  EXPECT_EQ(report.rows[1].steps, 20);
  EXPECT_DOUBLE_EQ(report.rows[4].kendall, 1);
  EXPECT_DOUBLE_EQ(report.rows[1].regret_at_5, 0);
  EXPECT_DOUBLE_EQ(report.rows[0].regret_at_5, 1);  // the five it prefers are without the best
  EXPECT_LT(report.rows[5].spearman, 0.5);          // what failed is the best in truth
}

TEST(Study, says_how_much_more_real_data_needs) {
  const StudyReport report = analyse(table(), Key(1));
  const double before = 1 - 6.0 * 6 / 210, ours = 1 - 6.0 * 2 / 210;
  const double steps = 4 * std::pow(4.0, (ours - before) / (1 - before));
  ASSERT_EQ(report.speedups.size(), 1);
  EXPECT_FALSE(report.speedups[0].at_least);
  EXPECT_NEAR(report.speedups[0].steps, steps / 4, 1e-9);
  EXPECT_NEAR(report.speedups[0].seconds, (4 + 12 * (steps - 4) / 12) / 2, 1e-9);

  StudyTable both = table();
  both.estimators.push_back(both.estimators[0]);
  both.estimators.back().name = "warm_start";
  const std::vector<StudySpeedup> speedups = analyse(both, Key(1)).speedups;
  ASSERT_EQ(speedups.size(), 2);
  EXPECT_EQ(speedups[1].name, "warm_start");
  EXPECT_DOUBLE_EQ(speedups[1].steps, speedups[0].steps);
  StudyTable apart = both;  // real data of another measurement, on another day
  std::ranges::find(apart.estimators, "real", &StudyEstimator::name)->elsewhere = true;
  const StudySpeedup of_apart = analyse(study_table(to_json(apart), "here"), Key(1)).speedups.at(0);
  EXPECT_TRUE(std::isnan(of_apart.seconds));
  EXPECT_DOUBLE_EQ(of_apart.steps, speedups[0].steps);

  StudyTable never = table();
  never.estimators[1].scores[2] = never.estimators[1].scores[1];
  EXPECT_TRUE(analyse(never, Key(1)).speedups.at(0).at_least);
  EXPECT_DOUBLE_EQ(analyse(never, Key(1)).speedups.at(0).steps, 4);
  never.estimators.erase(never.estimators.begin());
  EXPECT_TRUE(analyse(never, Key(1)).speedups.empty());

  StudyTable unlike = table();
  unlike.estimators[0].raced = true;
  EXPECT_TRUE(analyse(unlike, Key(1)).speedups.empty())
      << "one raced, and the other paid for every step size to the end";
  EXPECT_THROW(joined(table(), unlike), std::invalid_argument);
  unlike.estimators[1].raced = true;
  EXPECT_DOUBLE_EQ(analyse(study_table(to_json(unlike), "here"), Key(1)).speedups.at(0).steps,
                   report.speedups[0].steps);
}

TEST(Study, combines_on_truths_that_it_does_not_judge) {
  StudyTable large = table();
  large.genotypes.clear();
  large.truth.clear();
  for (StudyEstimator& e : large.estimators) e.scores.assign(e.fidelities.size(), {});
  for (int i = 0; i < 40; ++i) {
    large.genotypes.push_back(std::to_string(i));
    large.truth.push_back(i);
    for (StudyEstimator& e : large.estimators)
      for (auto& row : e.scores) row.push_back(e.name == "teacher" ? i % 20 : e.name == "params" ? i / 20 : 0);
  }
  const auto both = combine(large, {"teacher", "params"}, 15, 20, Key(1));
  const auto one = combine(large, {"teacher"}, 15, 20, Key(1));
  ASSERT_TRUE(both && one);
  EXPECT_GT(both->spearman, one->spearman + 0.1);
  EXPECT_EQ(both->known, 15);
  EXPECT_GT(both->top_half, one->top_half);
  EXPECT_EQ(both->regret_at_5, 0);
  EXPECT_LE(both->low, both->spearman);
  EXPECT_GE(both->high, both->spearman);
  // Where none is known, weights are equal: the mean of the ranks, and the interval is the bootstrap's.
  const auto equal = combine(large, {"teacher", "params"}, 0, 20, Key(1));
  ASSERT_TRUE(equal);
  std::vector<double> sum(40), rank(40);
  const std::vector<double> teacher = ranks_of(large.estimators[0].scores.back()),
                            params = ranks_of(large.estimators.back().scores.back());
  for (size_t i = 0; i < sum.size(); ++i) sum[i] = teacher[i] + params[i];
  EXPECT_NEAR(equal->spearman, spearman(sum, large.truth), 0.02);  // ties are broken by rounding
  EXPECT_LT(equal->low, equal->spearman);
  EXPECT_GT(equal->high, equal->spearman);
  EXPECT_FALSE(combine(large, {"absent"}, 15, 20, Key(1)));
  StudyTable without = large;
  without.estimators[0].scores.clear();
  EXPECT_FALSE(combine(without, {"teacher"}, 15, 20, Key(1)));
  EXPECT_FALSE(combine(large, {"teacher"}, 38, 20, Key(1)));
}

TEST(Study, is_joined_with_another_of_other_architectures) {
  StudyTable more = table();
  more.genotypes = {"g", "h", "i"};
  more.truth = {7, 8, kNone};
  more.truth_seconds = 40;
  for (StudyEstimator& e : more.estimators) {
    for (double& seconds : e.seconds) seconds += 3;
    for (auto& row : e.scores) row = {7, 8, kNone};
  }
  const StudyTable both = joined(table(), more);
  EXPECT_EQ(both.genotypes.size(), 9u);
  EXPECT_EQ(both.genotypes[6], "g");
  EXPECT_DOUBLE_EQ(both.truth[7], 8);
  EXPECT_DOUBLE_EQ(both.truth_seconds, 20);  // 6 of 10 and 3 of 40
  EXPECT_DOUBLE_EQ(both.estimators[1].seconds[2], 17);
  EXPECT_DOUBLE_EQ(both.estimators[1].steps[2], 80);
  EXPECT_EQ(both.estimators[0].scores[1].size(), 9u);
  EXPECT_DOUBLE_EQ(both.estimators[0].scores[1][6], 7);
  EXPECT_EQ(analyse(both, Key(1)).rows.size(), 6u);

  // Their images where both say them.
  StudyTable first = table();
  first.estimators[0].images = {50, 200};
  EXPECT_TRUE(joined(first, more).estimators[0].images.empty());
  more.estimators[0].images = {80, 230};
  const StudyTable images = joined(first, more);
  EXPECT_DOUBLE_EQ(images.estimators[0].images[1], 210);
  EXPECT_DOUBLE_EQ(*analyse(images, Key(1)).rows[1].images, 210);
  EXPECT_FALSE(analyse(images, Key(1)).rows[2].images);
  EXPECT_EQ(study_table(to_json(images), "here").estimators[0].images, images.estimators[0].images);

  more.teacher = "another";
  more.truth_steps = 99;
  more.estimators[0].fidelities = {1, 5};
  more.genotypes[0] = "a";
  try {
    joined(table(), more);
    FAIL() << "they differ";
  } catch (const std::invalid_argument& error) {
    for (const char* part : {"the teacher", "the steps of the truth", "the estimators, their steps", "is in both"})
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << part;
  }
}

TEST(Study, comes_back_from_json) {
  const Json json = to_json(table());
  const StudyTable back = study_table(Json::parse(json.dump()), "here");
  EXPECT_EQ(to_json(back).dump(), json.dump());  // NaN is no equal of itself
  EXPECT_TRUE(std::isnan(back.estimators[2].scores[0][5]));
  Json broken = json;
  broken["truth"].push_back(1);
  EXPECT_THROW(study_table(broken, "here"), Error);
  broken = json;
  broken["estimators"][0]["scores"][0].erase(0);
  EXPECT_THROW(study_table(broken, "here"), Error);
  broken = json;
  broken.erase("space");
  EXPECT_THROW(study_table(broken, "here"), Error);
  EXPECT_THROW(study_table(Json("text"), "here"), Error);
}

}  // namespace
}  // namespace gtn
