// Races of contenders that only pretend to train, against every contender judged at every mark.
#include "gtn/search/race.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <tuple>

#include "gtn/core/random.h"

namespace gtn {
namespace {

constexpr double kJudging = 100;  // seconds of a contest; ten times as many for the final

// Contenders that take a second a step, and remember what was asked of them.
struct Pretended {
  using ScoreOf = std::function<double(size_t contender, int64_t steps)>;
  explicit Pretended(ScoreOf score_of) : score(std::move(score_of)) {}

  ScoreOf score;
  std::vector<int64_t> taken = std::vector<int64_t>(6);
  std::set<std::tuple<size_t, int64_t, Judging>> asked;
  size_t last_judged = 0;  // in the end

  StandingOf standing_of() {
    return [this](size_t i, int64_t steps, Judging judging) {
      EXPECT_GE(steps, taken[i]) << "contender " << i << " would have to go back";
      EXPECT_TRUE(asked.emplace(i, steps, judging).second) << i << " was judged twice after " << steps;
      taken[i] = steps;
      const bool last = judging == Judging::final;
      if (last) last_judged = i;
      return Standing{score(i, steps) + (last ? 1000 : 0), steps, static_cast<double>(steps),
                      last ? 10 * kJudging : kJudging};
    };
  }
};

Finish run_alone(Pretended& pretended, int64_t steps, size_t contenders = 6) {
  return Race(contenders, std::vector{steps}, pretended.standing_of()).run(steps);
}

TEST(Race, halves_the_field_at_an_eighth_a_quarter_and_half) {
  Pretended steady{[](size_t i, int64_t) { return std::vector<double>{3, 5, 1, 6, 2, 4}[i]; }};
  const Finish finish = run_alone(steady, 64);
  EXPECT_EQ(finish.score, 1006);
  EXPECT_EQ(steady.taken, (std::vector<int64_t>{8, 32, 8, 64, 8, 16}));
  EXPECT_EQ(finish.steps, 8 + 32 + 8 + 64 + 8 + 16);
  EXPECT_EQ(finish.seconds, static_cast<double>(finish.steps) + (6 + 3 + 2) * kJudging + 10 * kJudging);
  EXPECT_EQ(finish.curve, (std::vector<ScorePoint>{{8, 6}, {16, 6}, {32, 6}, {64, 1006}}));
}

TEST(Race, is_won_by_who_is_ahead_at_the_marks_not_by_who_would_have_been_best) {
  // 0 is last until step 40, and would be first after 64; 1 overtakes 2 after a quarter.
  const auto score = [](size_t i, int64_t steps) {
    if (i == 0) return steps > 40 ? 100.0 : 0.0;
    if (i == 1) return 0.5 * static_cast<double>(steps);
    return i == 2 ? 11.0 : 1.0;
  };
  Pretended pretended{score};
  EXPECT_EQ(run_alone(pretended, 64).score, 1032);
  EXPECT_EQ(pretended.taken[0], 8);
}

TEST(Race, compares_nobody_before_four_steps) {
  Pretended steady{[](size_t i, int64_t) { return static_cast<double>(i); }};
  EXPECT_EQ(run_alone(steady, 7).steps, 6 * 7);
  EXPECT_EQ(steady.asked.size(), 6u + 1u);
  Pretended later(steady.score);
  EXPECT_EQ(run_alone(later, 8).steps, 3 * 4 + 3 * 8);
}

TEST(Race, a_single_contender_is_judged_once) {
  Pretended alone{[](size_t, int64_t steps) { return static_cast<double>(steps); }};
  EXPECT_EQ(run_alone(alone, 64, 1).curve, (std::vector<ScorePoint>{{64, 1064}}));
  EXPECT_EQ(alone.asked.size(), 1u);
}

TEST(Race, of_equal_contenders_the_first_counts) {
  Pretended equal{[](size_t, int64_t) { return 1.0; }};
  run_alone(equal, 64);
  EXPECT_EQ(equal.taken, (std::vector<int64_t>{64, 32, 16, 8, 8, 8}));
}

TEST(Race, those_that_dropped_out_go_on_where_all_others_diverge) {
  // 3, 4 and 5 lead, and diverge: 5 before the quarter, the others before half. Of the rest 1 is best, and diverges,
  // too.
  const auto score = [](size_t i, int64_t steps) {
    if ((i == 5 && steps > 10) || (i > 2 && steps > 20) || (i == 1 && steps > 50)) return std::nan("");
    return i > 2 ? 50.0 : std::vector<double>{2, 3, 1}[i];
  };
  Pretended pretended{score};
  const Finish finish = run_alone(pretended, 64);
  EXPECT_EQ(finish.score, 1002);
  EXPECT_EQ(finish.steps, 2 * 64 + 3 * 32 + 16);
}

TEST(Race, has_no_winner_where_all_diverge) {
  Pretended lost{[](size_t, int64_t steps) { return steps > 20 ? std::nan("") : 1.0; }};
  const Finish finish = run_alone(lost, 64);
  EXPECT_TRUE(std::isnan(finish.score));
  EXPECT_TRUE(finish.curve.empty());
  EXPECT_GT(finish.steps, 64);
  Pretended at_once{[](size_t, int64_t) { return std::nan(""); }};
  EXPECT_TRUE(std::isnan(run_alone(at_once, 64).score));
  EXPECT_EQ(at_once.asked.size(), 6u);
}

// The rules once more, for one race alone: who wins, if anyone does.
std::optional<size_t> winner_by_the_rules(const Pretended::ScoreOf& score, size_t contenders, int64_t steps) {
  std::set<size_t> ahead, dropped;
  for (size_t i = 0; i < contenders; ++i) ahead.insert(i);
  for (int64_t share = 8; share > 0;) {
    const int64_t mark = steps / share;
    const bool last = share == 1;
    if (!last && (mark < 4 || ahead.size() == 1)) {
      share /= 2;
      continue;
    }
    std::vector<std::pair<double, size_t>> order;
    for (const size_t i : ahead)
      if (!std::isnan(score(i, mark))) order.emplace_back(-score(i, mark), i);
    std::ranges::sort(order);
    if (order.empty() && dropped.empty()) return std::nullopt;
    if (order.empty()) {
      ahead = std::exchange(dropped, {});
      continue;  // at the same mark
    }
    if (last) return order.front().second;
    const size_t places = (ahead.size() + 1) / 2;
    ahead.clear();
    for (const auto& [negative, i] : order) (ahead.size() < places ? ahead : dropped).insert(i);
    share /= 2;
  }
  return std::nullopt;
}

TEST(Race, keeps_its_rules_where_many_are_equal_and_many_diverge) {
  int64_t lost = 0;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    const auto score = [seed](size_t i, int64_t steps) {
      const Key own = Key(seed).split(i);
      const auto diverges = static_cast<int64_t>(own.split("diverges").bits() % 150);
      return steps > diverges ? std::nan("") : static_cast<double>(own.split(static_cast<uint64_t>(steps)).bits() % 3);
    };
    Pretended pretended(score);
    const std::vector<int64_t> distances{6, 40, 100};
    Race race(6, distances, pretended.standing_of());
    for (const int64_t distance : distances) {
      const Finish finish = race.run(distance);
      const std::optional<size_t> winner = winner_by_the_rules(score, 6, distance);
      ASSERT_EQ(std::isfinite(finish.score), winner.has_value()) << "seed " << seed << " over " << distance;
      if (!winner) {
        ++lost;
        continue;
      }
      ASSERT_EQ(pretended.last_judged, *winner) << "seed " << seed << " over " << distance;
    }
  }
  EXPECT_GT(lost, 10);
}

TEST(Race, over_several_distances_is_each_of_them_alone) {
  // Contenders that overtake each other often; one diverges on the way.
  const auto score = [](size_t i, int64_t steps) {
    return i == 4 && steps > 30 ? std::nan("") : std::sin(static_cast<double>((i + 1) * static_cast<size_t>(steps)));
  };
  const std::vector<int64_t> distances{1, 3, 8, 20, 64, 100, 128};
  Pretended shared{score};
  Race race(6, distances, shared.standing_of());
  for (const int64_t distance : distances) {
    Pretended own{score};
    const Finish alone = run_alone(own, distance), together = race.run(distance);
    EXPECT_EQ(together.score, alone.score) << distance;
    EXPECT_EQ(together.steps, alone.steps) << distance;
    EXPECT_EQ(together.seconds, alone.seconds) << distance;
    EXPECT_EQ(together.curve, alone.curve) << distance;
  }
}

}  // namespace
}  // namespace gtn
