// Which of several ways to train a candidate suits it, found out on the way: those that are behind drop out at an
// eighth, a quarter and half of the steps (successive halving: Jamieson and Talwalkar, 2016, AISTATS, Figure 3).
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <vector>

#include "gtn/search/estimator.h"

namespace gtn {

// How a contender stands after some steps.
struct Standing {
  double score = std::numeric_limits<double>::quiet_NaN();  // larger is better; not finite: it diverged, and is out
  int64_t steps = 0;                                        // that it has taken since its start
  double training_seconds = 0;                              // since its start
  double judging_seconds = 0;                               // for this score
};

enum class Judging { contest, final };  // on few images, to compare; on all of them

// Trains a contender on to so many steps in all, and judges it. The steps never descend from call to call for a
// contender.
using StandingOf = std::function<Standing(size_t contender, int64_t steps, Judging judging)>;

// What the winner of a race reached, and what all of its contenders took.
struct Finish {
  double score = std::numeric_limits<double>::quiet_NaN();  // NaN where all diverged
  int64_t steps = 0;
  double seconds = 0;
  std::vector<ScorePoint> curve;  // the winner's: at the marks that it was judged at in contests, and in the end
};

// Races of the same contenders over several distances, which share their trainings.
class Race {
 public:
  // `distances`, each at least 1, are those that run() will be called with, ascending.
  Race(size_t contenders, std::span<const int64_t> distances, StandingOf standing_of);

  // As if this race were the only one. The better half of the contenders (rounded up) goes on after an eighth, a
  // quarter and half of `steps`, wherever that is at least four steps; of those that take all of them the best is
  // judged on all images. Of equal ones the first counts. Where all that went on have diverged, all that dropped out go
  // on from that mark.
  Finish run(int64_t steps);

 private:
  struct Field;
  enum class Left { half, one };
  void narrow(Field& field, int64_t mark, Left left);
  const Standing& look(size_t contender, int64_t mark);
  void catch_up(size_t contender, int64_t steps);

  StandingOf standing_of_;
  std::vector<int64_t> marks_;                          // of all races, ascending
  std::vector<std::map<int64_t, Standing>> standings_;  // in contests: one a contender, by mark
};

}  // namespace gtn
