// Clocks and meters of gtn bench.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>
#include "gtn/search/latency.h"

namespace gtn {

using Figure = std::optional<double>;  // none: not measured
using Work = std::function<void()>;

// How long to measure. Seconds are of one piece of work.
struct Patience {
  int rounds = 8;       // at most
  double slice = 0.1;   // seconds of one round: a shorter piece is called several times
  double enough = 0.8;  // seconds after which a piece is measured no further, ...
  int calls = 4;        // ... once it was called so often
};

// Least seconds of one call of each piece of work. The pieces take turns, so that a disturbance of the machine falls on
// all of them. A piece without a function gives no figure. Nothing is warmed up.
std::vector<Figure> fastest(const std::vector<Work>& pieces, const Patience& patience);

// By how much the process grew at most while `work` ran, beyond what it held before, in MB (10^6 bytes); none where the
// system does not tell (Linux does, in /proc/self). Memory that was freed but kept is given back first, so that the
// next call of anything finds fresh pages.
Figure peak_growth_mb(const Work& work);
// Memory that the machine can still give, in MB; what this process keeps without need is given back first.
Figure available_mb();
// Page faults of the process so far that needed no disk.
int64_t page_faults();

// Where --quick must end. Without a limit it affords everything.
class Deadline {
 public:
  Deadline() = default;
  explicit Deadline(std::chrono::duration<double> limit) : end_(std::chrono::steady_clock::now() + limit) {}

  bool affords(double seconds) const;

 private:
  std::optional<std::chrono::time_point<std::chrono::steady_clock, std::chrono::duration<double>>> end_;
};

}  // namespace gtn
