// How fast a loop runs and how long it still takes, as numbers and as text. Nothing here prints or looks at a clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace gtn {

using Seconds = std::chrono::duration<double>;

class ProgressClock {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `done` of `total` things are done at `now`, by whoever did them: only what follows counts for the rate. Throws
  // std::invalid_argument unless 0 <= done <= total.
  ProgressClock(int64_t done, int64_t total, Time now);

  // `done` things are done at `now`. Throws std::invalid_argument where either goes back or `done` is above the total.
  void update(int64_t done, Time now);

  int64_t done() const { return done_; }
  int64_t total() const { return total_; }

  // Things a second, averaged with weights that fall by e in 30 seconds; empty before the first thing is done.
  std::optional<double> rate() const;

  // The time that the rest takes at that rate; empty before the first thing is done.
  std::optional<Seconds> left() const;

 private:
  int64_t done_;
  int64_t total_;
  Time now_;
  double weighted_things_ = 0.0;
  double weighted_seconds_ = 0.0;
};

// "312/1000  2.4 it/s  4 min 47 s left"; slow loops as "14 s/it". Without the rate before it is
// known, and without the time left at the end.
std::string format_progress(const ProgressClock& clock);

// "3.2 s", "47 s", "4 min 47 s", "2 h 5 min", "3 d 4 h": two units at most, rounded. A negative or non-finite one is
// "?".
std::string format_duration(Seconds duration);

}  // namespace gtn
