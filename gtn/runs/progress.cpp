#include "gtn/runs/progress.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <stdexcept>

namespace gtn {
namespace {

constexpr Seconds kMemory{30.0};

std::string decimal(double value, int digits) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

// Two significant digits or more, none of them after the point from 10 on.
std::string three_digits(double value) { return decimal(value, value >= 9.95 ? 0 : value >= 0.995 ? 1 : 2); }

std::string format_rate(double rate) {
  return rate < 0.1 ? three_digits(1.0 / rate) + " s/it" : three_digits(rate) + " it/s";
}

std::string two_units(int64_t seconds, int64_t large, const char* large_name, int64_t small, const char* small_name) {
  const int64_t rounded = (seconds + small / 2) / small;
  return std::to_string(rounded / (large / small)) + large_name + std::to_string(rounded % (large / small)) +
         small_name;
}

}  // namespace

ProgressClock::ProgressClock(int64_t done, int64_t total, Time now) : done_(done), total_(total), now_(now) {
  if (done < 0 || done > total) throw std::invalid_argument("ProgressClock: done must be between 0 and the total");
}

void ProgressClock::update(int64_t done, Time now) {
  if (done < done_ || done > total_ || now < now_)
    throw std::invalid_argument("ProgressClock: progress went back or too far");
  const Seconds passed = now - now_;
  const double kept = std::exp(-passed / kMemory);
  weighted_things_ = kept * weighted_things_ + static_cast<double>(done - done_);
  weighted_seconds_ = kept * weighted_seconds_ + passed.count();
  done_ = done;
  now_ = now;
}

std::optional<double> ProgressClock::rate() const {
  if (weighted_things_ <= 0.0 || weighted_seconds_ <= 0.0) return std::nullopt;
  return weighted_things_ / weighted_seconds_;
}

std::optional<Seconds> ProgressClock::left() const {
  const std::optional<double> speed = rate();
  if (!speed) return std::nullopt;
  return Seconds(static_cast<double>(total_ - done_) / *speed);
}

std::string format_progress(const ProgressClock& clock) {
  std::string text = std::to_string(clock.done()) + "/" + std::to_string(clock.total());
  const std::optional<double> rate = clock.rate();
  if (rate) text += "  " + format_rate(*rate);
  if (rate && clock.done() < clock.total()) text += "  " + format_duration(*clock.left()) + " left";
  return text;
}

std::string format_duration(Seconds duration) {
  constexpr double kCentury = 3.2e9;
  if (!(duration.count() >= 0.0) || duration.count() > kCentury) return "?";
  if (duration.count() < 9.95) return decimal(duration.count(), 1) + " s";
  const int64_t seconds = std::llround(duration.count());
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) return two_units(seconds, 60, " min ", 1, " s");
  if (seconds < 86400 - 30) return two_units(seconds, 3600, " h ", 60, " min");
  return two_units(seconds, 86400, " d ", 3600, " h");
}

}  // namespace gtn
