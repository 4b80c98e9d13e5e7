#include "gtn/search/race.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace gtn {
namespace {

constexpr int64_t kFirstMark = 4;  // fewer steps say nothing about a step size

// Where contenders drop out on the way to so many steps.
std::vector<int64_t> marks_before(int64_t steps) {
  std::vector<int64_t> marks;
  for (const int64_t share : {8, 4, 2})
    if (steps / share >= kFirstMark) marks.push_back(steps / share);
  return marks;
}

}  // namespace

// Who is in a race, and what everyone has taken in it.
struct Race::Field {
  std::vector<size_t> ahead, dropped;
  std::map<size_t, Standing> furthest;
  double judging_seconds = 0;

  // Whether it may go on.
  bool pass(size_t contender, const Standing& standing) {
    furthest[contender] = standing;
    judging_seconds += standing.judging_seconds;
    return std::isfinite(standing.score);
  }
};

Race::Race(size_t contenders, std::span<const int64_t> distances, StandingOf standing_of)
    : standing_of_(std::move(standing_of)), standings_(contenders) {
  if (contenders < 2) return;  // who is never compared
  for (const int64_t distance : distances) {
    std::ranges::copy(marks_before(distance), std::back_inserter(marks_));
    marks_.push_back(distance);
  }
  std::ranges::sort(marks_);
}

Finish Race::run(int64_t steps) {
  Field field;
  field.ahead.resize(standings_.size());
  std::iota(field.ahead.begin(), field.ahead.end(), 0);
  for (const int64_t mark : marks_before(steps)) narrow(field, mark, Left::half);
  Finish finish;
  while (!field.ahead.empty() && !std::isfinite(finish.score)) {
    narrow(field, steps, Left::one);
    if (field.ahead.empty()) break;
    const size_t winner = field.ahead.front();
    catch_up(winner, steps);
    const Standing last = standing_of_(winner, steps, Judging::final);
    if (!field.pass(winner, last)) {
      field.ahead = std::exchange(field.dropped, {});
      continue;
    }
    finish.score = last.score;
    for (const int64_t mark : marks_before(steps))
      if (standings_[winner].contains(mark)) finish.curve.push_back({mark, standings_[winner][mark].score});
    finish.curve.push_back({steps, last.score});
  }
  finish.seconds = field.judging_seconds;
  for (const auto& [contender, standing] : field.furthest) {
    finish.steps += standing.steps;
    finish.seconds += standing.training_seconds;
  }
  return finish;
}

// Leaves the best ahead; a single one needs no comparison.
void Race::narrow(Field& field, int64_t mark, Left left) {
  if (field.ahead.size() < 2) return;
  const size_t places = left == Left::one ? 1 : (field.ahead.size() + 1) / 2;
  const auto score = [&](size_t i) { return look(i, mark).score; };
  std::erase_if(field.ahead, [&](size_t i) { return !field.pass(i, look(i, mark)); });
  std::ranges::sort(field.ahead);
  std::ranges::stable_sort(field.ahead, std::greater{}, score);
  if (field.ahead.empty()) {
    field.ahead = std::exchange(field.dropped, {});
    return narrow(field, mark, left);
  }
  while (field.ahead.size() > places) {
    field.dropped.push_back(field.ahead.back());
    field.ahead.pop_back();
  }
}

const Standing& Race::look(size_t contender, int64_t mark) {
  catch_up(contender, mark);
  auto& known = standings_[contender];
  if (!known.contains(mark)) known[mark] = standing_of_(contender, mark, Judging::contest);
  return known[mark];
}

// Another race may ask how it stood at a mark that it is about to leave behind.
void Race::catch_up(size_t contender, int64_t steps) {
  auto& known = standings_[contender];
  for (const int64_t mark : marks_)
    if (mark < steps && !known.contains(mark)) known[mark] = standing_of_(contender, mark, Judging::contest);
}

}  // namespace gtn
