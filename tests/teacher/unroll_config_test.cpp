#include "gtn/teacher/unroll_config.h"

#include <gtest/gtest.h>

namespace gtn {
namespace {

Window at_iteration(const UnrollConfig& config, int64_t iteration) {
  return choose_window(config, 8, iteration, 100, Key(static_cast<uint64_t>(iteration)));
}

TEST(ChooseWindow, is_all_steps_by_default) {
  const Window window = at_iteration({}, 3);
  EXPECT_EQ(window.start, 0);
  EXPECT_EQ(window.begin, 0);
  EXPECT_EQ(window.end, 8);
}

TEST(ChooseWindow, grows_from_one_step_to_all_in_its_share_of_the_iterations) {
  const UnrollConfig forward{.growth = Growth::forward, .growth_share = 0.5};
  EXPECT_EQ(at_iteration(forward, 0).end, 1);
  EXPECT_EQ(at_iteration(forward, 25).end, 4);
  for (const int64_t iteration : {50, 99}) EXPECT_EQ(at_iteration(forward, iteration).end, 8);
  int64_t last = 0;
  for (int64_t i = 0; i < 100; ++i) {
    EXPECT_GE(at_iteration(forward, i).end, last);
    last = at_iteration(forward, i).end;
  }
}

TEST(ChooseWindow, backward_begins_with_the_last_steps_and_a_fresh_learner) {
  const UnrollConfig backward{.growth = Growth::backward, .growth_share = 0.5};
  EXPECT_EQ(at_iteration(backward, 0).start, 7);
  EXPECT_EQ(at_iteration(backward, 0).begin, 7);
  EXPECT_EQ(at_iteration(backward, 0).end, 8);
  EXPECT_EQ(at_iteration(backward, 60).start, 0);
}

TEST(ChooseWindow, the_window_grows_too) {
  const UnrollConfig config{.window = 2, .window_growth = 0.5};
  EXPECT_EQ(at_iteration(config, 0).end - at_iteration(config, 0).begin, 2);
  EXPECT_EQ(at_iteration(config, 70).end - at_iteration(config, 70).begin, 8);
}

TEST(ChooseWindow, both_together_stay_inside) {
  const UnrollConfig config{.window = 3, .growth = Growth::backward, .growth_share = 0.9};
  for (int64_t i = 0; i < 100; ++i) {
    const Window window = at_iteration(config, i);
    EXPECT_LE(0, window.start);
    EXPECT_LE(window.start, window.begin);
    EXPECT_LT(window.begin, window.end);
    EXPECT_LE(window.end, 8);
    EXPECT_LE(window.end - window.begin, 3);
  }
}

}  // namespace
}  // namespace gtn
