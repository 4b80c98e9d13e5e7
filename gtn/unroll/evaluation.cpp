#include "gtn/unroll/evaluation.h"

#include <algorithm>

namespace gtn {
namespace {

using Curve = std::vector<double>;  // accuracy after 0 .. T steps

std::vector<StepSize> real_sizes(const EvaluationConfig& config) {
  std::vector<StepSize> sizes;
  for (const double momentum : config.real_momentum)
    for (const double lr : config.real_lr) sizes.push_back({lr, momentum});
  return sizes;
}

// On the test split after 0 .. T steps.
Curve curve(const Learner& learner, const Lesson& lesson, const Key& key, const Splits& splits, int64_t curve_images,
            at::Device device) {
  const int64_t steps = steps_of(lesson.schedule);
  Curve result;
  const auto judge = [&](int64_t taken, const LearnerState& state) {
    const Tensor calibration = lesson.source.batch(std::max<int64_t>(taken - 1, 0)).x;
    const int64_t count = taken == steps ? splits.test.size() : curve_images;
    result.push_back(accuracy(learner, state.w, learner.calibrate(state.w, {calibration}), splits.test,
                              splits.normalization, count, device));
  };
  const LearnerState start = LearnerState::start(learner.initial(key.split("initial")).to(device));
  judge(0, start);
  train(learner, start, lesson.source, lesson.schedule, 0, steps, judge);
  return result;
}

// The ways that compete: the synthetic multipliers first, then real data's step sizes, then each control's.
std::vector<std::vector<Teaching>> contests_of(const Lesson& lesson, const std::vector<SourceOf>& sources,
                                               const EvaluationConfig& config) {
  std::vector<std::vector<Teaching>> result(1);
  for (const double multiplier : config.multipliers)
    result[0].push_back({unowned(lesson.source), scaled(lesson.schedule, multiplier)});
  for (const SourceOf& source : sources) {
    result.emplace_back();
    for (const StepSize& size : real_sizes(config))
      result.back().push_back({source, make_schedule(steps_of(lesson.schedule), size, lesson.schedule.optimizer)});
  }
  return result;
}

}  // namespace

Evaluation evaluate(const std::vector<LearnerPtr>& learners, const Lesson& lesson, int64_t batch_size,
                    const Splits& splits, const EvaluationConfig& config, const Key& key, at::Device device,
                    const Progress& progress, const std::vector<Control>& controls) {
  std::vector<SourceOf> sources{real_batches(splits, batch_size, device)};
  for (const Control& control : controls) sources.push_back(set_batches(control.set, batch_size));
  const auto ways = contests_of(lesson, sources, config);
  const Teaching plain{unowned(lesson.source), lesson.schedule};

  // One field of contests after the other in a single list, so that all of them run side by side.
  std::vector<Contest> contests;
  std::vector<std::vector<size_t>> places;  // [way][learner]
  for (const std::vector<Teaching>& choices : ways) {
    Field field = make_field(learners, [&](size_t) { return choices; });
    for (size_t& place : field.place) place += contests.size();
    places.push_back(std::move(field.place));
    std::ranges::move(field.contests, std::back_inserter(contests));
  }
  Tuner tuner(splits, config.selection_images, batch_size, key, device, progress);
  for (const Contest& contest : contests) tuner.expect(Tuner::trainings(contest));
  tuner.expect(static_cast<int64_t>((ways.size() + 1) * learners.size()));
  const std::vector<size_t> best = tuner.choose(contests);

  const std::vector<StepSize> sizes = real_sizes(config);
  Evaluation result;
  result.controls.resize(controls.size());
  std::vector<std::vector<Curve>> curves(ways.size() + 1, std::vector<Curve>(learners.size()));  // plain first
  std::vector<Trial> trials;
  std::vector<Curve*> targets;  // of each trial
  for (size_t i = 0; i < learners.size(); ++i) {
    const auto add = [&](const Teaching& teaching, size_t way) {
      trials.push_back({learners[i].get(), &teaching, tuner.test_key(i)});
      targets.push_back(&curves[way][i]);
    };
    add(plain, 0);
    result.multipliers.push_back(config.multipliers[best[places[0][i]]]);
    for (size_t way = 0; way < ways.size(); ++way) {
      const size_t choice = best[places[way][i]];
      if (way > 0 || result.multipliers[i] != 1) add(contests[places[way][i]].choices[choice], way + 1);
      if (way == 1) result.real_lr.push_back(sizes[choice].lr), result.real_momentum.push_back(sizes[choice].momentum);
      if (way < 2) continue;
      result.controls[way - 2].lr.push_back(sizes[choice].lr);
      result.controls[way - 2].momentum.push_back(sizes[choice].momentum);
    }
  }
  tuner.run(trials, [&](size_t i, const Lesson& own) {
    *targets[i] = curve(*trials[i].learner, own, trials[i].key, splits, config.curve_images, device);
  });
  for (size_t i = 0; i < learners.size(); ++i)
    if (curves[1][i].empty()) curves[1][i] = curves[0][i];
  result.plain = summary(curves[0]);
  result.synthetic = summary(curves[1]);
  result.real = summary(curves[2]);
  for (size_t c = 0; c < controls.size(); ++c) result.controls[c].curve = summary(curves[c + 3]);
  return result;
}

}  // namespace gtn
