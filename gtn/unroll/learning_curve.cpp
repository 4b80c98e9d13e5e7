#include "gtn/unroll/learning_curve.h"

#include <algorithm>
#include <stdexcept>

#include "gtn/data/real_source.h"
#include "gtn/unroll/accuracy.h"

namespace gtn {
namespace {

// Images of each split: so many that looking takes a few hundredths of a long training, between these bounds.
constexpr int64_t kFewest = 100, kMost = 1000, kShare = 20;

}  // namespace

LearningCurve::LearningCurve(const Learner& learner, const Splits& splits, int64_t steps, int64_t batch, int64_t points,
                             at::Device device)
    : learner_(learner),
      splits_(splits),
      steps_(steps),
      count_(std::min(points, steps)),
      judged_(std::clamp(steps * batch / std::max<int64_t>(count_, 1) / kShare, kFewest, kMost)),
      device_(device),
      calibration_(RealSource(splits.train, splits.normalization, kFewest, Key(0).split("learning curve"),
                              Sampling::with_replacement, device)
                       .batch(0)
                       .x) {
  if (count_ < 1 || batch < 1) throw std::invalid_argument("LearningCurve: there is nothing to look at");
}

void LearningCurve::observe(int64_t steps_taken, const LearnerState& state) {
  const int64_t next = steps_ * (std::ssize(points_) + 1) / count_;
  if (steps_taken != next || !at::isfinite(state.w).all().item<bool>()) return;
  const Statistics statistics = learner_.calibrate(state.w, {calibration_});
  const auto percent = [&](const Dataset& judge) {
    return accuracy(learner_, state.w, statistics, judge, splits_.normalization, judged_, device_);
  };
  points_.push_back({steps_taken, percent(splits_.train), percent(splits_.validation)});
}

}  // namespace gtn
