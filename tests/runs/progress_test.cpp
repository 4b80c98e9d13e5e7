#include "gtn/runs/progress.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace gtn {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const ProgressClock::Time kStart{};

TEST(ProgressClock, knows_no_rate_before_something_is_done) {
  ProgressClock clock(0, 100, kStart);
  EXPECT_EQ(clock.rate(), std::nullopt);
  clock.update(0, kStart + seconds(5));
  EXPECT_EQ(clock.left(), std::nullopt);
  EXPECT_EQ(format_progress(clock), "0/100");
}

TEST(ProgressClock, a_steady_rate_is_exact_from_the_first_update_on) {
  ProgressClock clock(0, 1000, kStart);
  for (int i = 1; i <= 300; ++i) {
    clock.update(i, kStart + i * milliseconds(500));
    EXPECT_NEAR(*clock.rate(), 2.0, 1e-9);
  }
  EXPECT_NEAR(clock.left()->count(), 350.0, 1e-6);
}

TEST(ProgressClock, a_resumed_run_counts_only_what_it_did_itself) {
  ProgressClock clock(900, 1000, kStart);
  clock.update(910, kStart + seconds(10));
  EXPECT_NEAR(*clock.rate(), 1.0, 1e-9);
  EXPECT_NEAR(clock.left()->count(), 90.0, 1e-9);
}

TEST(ProgressClock, follows_a_change_of_speed_without_jumping) {
  ProgressClock clock(0, 1000, kStart);
  auto now = kStart;
  for (int i = 1; i <= 100; ++i) clock.update(i, now += seconds(1));
  clock.update(101, now += seconds(10));  // one slow step
  EXPECT_GT(*clock.rate(), 0.7);
  for (int i = 102; i <= 120; ++i) clock.update(i, now += seconds(10));
  EXPECT_NEAR(*clock.rate(), 0.1, 0.01);
}

TEST(ProgressClock, refuses_to_go_back) {
  ProgressClock clock(5, 10, kStart);
  EXPECT_THROW(clock.update(4, kStart + seconds(1)), std::invalid_argument);
  EXPECT_THROW(clock.update(11, kStart + seconds(1)), std::invalid_argument);
  EXPECT_THROW(clock.update(6, kStart - seconds(1)), std::invalid_argument);
  EXPECT_THROW(ProgressClock(11, 10, kStart), std::invalid_argument);
}

std::string progress_at(int64_t done, int64_t total, double rate) {
  ProgressClock clock(0, total, kStart);
  clock.update(done, kStart + std::chrono::duration_cast<milliseconds>(Seconds(static_cast<double>(done) / rate)));
  return format_progress(clock);
}

TEST(Progress, text_has_count_rate_and_time_left) {
  EXPECT_EQ(progress_at(312, 1000, 2.4), "312/1000  2.4 it/s  4 min 47 s left");
  EXPECT_EQ(progress_at(10, 1000, 123.4), "10/1000  123 it/s  8.0 s left");
  EXPECT_EQ(progress_at(10, 20, 0.5), "10/20  0.50 it/s  20 s left");
  EXPECT_EQ(progress_at(10, 20, 0.05), "10/20  20 s/it  3 min 20 s left");
  EXPECT_EQ(progress_at(1000, 1000, 2.4), "1000/1000  2.4 it/s");
}

TEST(Progress, durations_have_two_units_at_most_and_carry) {
  const auto text = [](double count) { return format_duration(Seconds(count)); };
  EXPECT_EQ(text(0), "0.0 s");
  EXPECT_EQ(text(3.21), "3.2 s");
  EXPECT_EQ(text(9.96), "10 s");
  EXPECT_EQ(text(59.4), "59 s");
  EXPECT_EQ(text(59.6), "1 min 0 s");
  EXPECT_EQ(text(287), "4 min 47 s");
  EXPECT_EQ(text(3599.7), "1 h 0 min");
  EXPECT_EQ(text(7529), "2 h 5 min");
  EXPECT_EQ(text(7199), "2 h 0 min");
  EXPECT_EQ(text(86399), "1 d 0 h");
  EXPECT_EQ(text(273600), "3 d 4 h");
  EXPECT_EQ(text(-1), "?");
  EXPECT_EQ(text(NAN), "?");
  EXPECT_EQ(text(1e300), "?");
}

}  // namespace
}  // namespace gtn
