#include "gtn/unroll/evaluation.h"

#include <algorithm>

namespace gtn {
namespace {

using Curve = std::vector<double>;  // accuracy after 0 .. T steps

std::vector<StepSize> constant_sizes(const EvaluationConfig& config) {
  std::vector<StepSize> sizes;
  for (const double momentum : config.momentum)
    for (const double lr : config.lr) sizes.push_back({lr, momentum});
  return sizes;
}

std::vector<StepChoice> step_choices(const EvaluationConfig& config, const Lesson& lesson, const Learner& learner) {
  std::vector<StepChoice> choices;
  for (const double multiplier : config.multipliers) choices.push_back({multiplier});
  if (lesson.multiplier) choices.push_back({lesson.multiplier(learner.text())});
  for (const StepSize& size : constant_sizes(config)) choices.push_back({1, size});
  return choices;
}

// How a learner did on the test split.
struct Course {
  Curve curve;
  Tensor predicted;  // its last answers, which the last accuracy is of
};

std::vector<Curve> curves_of(const std::vector<Course>& courses) {
  std::vector<Curve> curves;
  for (const Course& course : courses) curves.push_back(course.curve);
  return curves;
}

Course course_of(const Learner& learner, const Lesson& lesson, const Key& key, const Splits& splits,
                 int64_t curve_images, at::Device device) {
  const int64_t steps = steps_of(lesson.schedule);
  Course result;
  const auto judge = [&](int64_t taken, const LearnerState& state) {
    const Tensor calibration = lesson.source.batch(std::max<int64_t>(taken - 1, 0)).x;
    const int64_t count = taken == steps ? splits.test.size() : curve_images;
    result.predicted = predictions(learner, state.w, learner.calibrate(state.w, {calibration}), splits.test,
                                   splits.normalization, count, device);
    result.curve.push_back(percent_right(result.predicted, splits.test));
  };
  const LearnerState start = LearnerState::start(learner.initial(key.split("initial")).to(device));
  judge(0, start);
  train(learner, start, lesson.source, lesson.schedule, 0, steps, judge);
  return result;
}

// How the curriculum may teach `learner`.
std::vector<Teaching> taught_ways(const Learner& learner, const Lesson& lesson, const EvaluationConfig& config) {
  std::vector<Teaching> choices;
  for (const StepChoice& choice : step_choices(config, lesson, learner))
    choices.push_back({unowned(lesson.source), choice.of(lesson.schedule)});
  return choices;
}

// What competes with it, for every learner: real data's step sizes, then each control's, variant by variant.
std::vector<std::vector<Teaching>> other_ways(const Lesson& lesson, const SourceOf& real, int64_t batch_size,
                                              const EvaluationConfig& config, const std::vector<Control>& controls) {
  std::vector<std::vector<Teaching>> ways(1 + controls.size());
  const auto add_sizes = [&](std::vector<Teaching>& choices, const SourceOf& source) {
    for (const StepSize& size : constant_sizes(config))
      choices.push_back({source, make_schedule(steps_of(lesson.schedule), size, lesson.schedule.optimizer)});
  };
  add_sizes(ways[0], real);
  for (size_t c = 0; c < controls.size(); ++c)
    for (const ImageSet& set : controls[c].variants) add_sizes(ways[1 + c], set_batches(set, batch_size));
  return ways;
}

// Notes what was chosen in a way other than the curriculum's for the next learner.
void note(Evaluation& result, size_t way, size_t choice, const EvaluationConfig& config) {
  const std::vector<StepSize> sizes = constant_sizes(config);
  const StepSize& size = sizes[choice % sizes.size()];
  TunedCurve* const control = way == 1 ? nullptr : &result.controls[way - 2];
  (control ? control->lr : result.real_lr).push_back(size.lr);
  (control ? control->momentum : result.real_momentum).push_back(size.momentum);
  if (control) control->variants.push_back(choice / sizes.size());
}

}  // namespace

Schedule StepChoice::of(const Schedule& learned) const {
  return constant ? make_schedule(steps_of(learned), *constant, learned.optimizer) : scaled(learned, multiplier);
}

bool StepChoice::operator==(const StepChoice& other) const {
  if (constant.has_value() != other.constant.has_value()) return false;
  if (!constant) return multiplier == other.multiplier;
  return constant->lr == other.constant->lr && constant->momentum == other.constant->momentum;
}

Evaluation evaluate(const std::vector<LearnerPtr>& learners, const Lesson& lesson, int64_t batch_size,
                    const Splits& splits, const EvaluationConfig& config, const Key& key, at::Device device,
                    const Progress& progress, const std::vector<Control>& controls) {
  const auto others = other_ways(lesson, real_batches(splits, batch_size, device), batch_size, config, controls);
  const size_t ways = 1 + others.size();
  const Teaching plain{unowned(lesson.source), lesson.schedule};

  // One field of contests after the other in a single list, so that all of them run side by side.
  std::vector<Contest> contests;
  std::vector<std::vector<size_t>> places;  // [way][learner]
  for (size_t way = 0; way < ways; ++way) {
    Field field = make_field(
        learners, [&](size_t i) { return way == 0 ? taught_ways(*learners[i], lesson, config) : others[way - 1]; });
    for (size_t& place : field.place) place += contests.size();
    places.push_back(std::move(field.place));
    std::ranges::move(field.contests, std::back_inserter(contests));
  }
  Tuner tuner(splits, config.selection_images, batch_size, key, device, progress);
  for (const Contest& contest : contests) tuner.expect(Tuner::trainings(contest));
  tuner.expect(static_cast<int64_t>((ways + 1) * learners.size()));
  const std::vector<size_t> best = tuner.choose(contests);

  Evaluation result;
  result.controls.resize(controls.size());
  std::vector<std::vector<Course>> courses(ways + 1, std::vector<Course>(learners.size()));  // plain first
  std::vector<Training> trainings;
  std::vector<Course*> targets;  // of each trial
  for (size_t i = 0; i < learners.size(); ++i) {
    const auto add = [&](const Teaching& teaching, size_t way) {
      trainings.push_back({learners[i].get(), &teaching, tuner.test_key(i)});
      targets.push_back(&courses[way][i]);
    };
    add(plain, 0);
    for (size_t way = 0; way < ways; ++way) {
      const size_t choice = best[places[way][i]];
      if (way == 0)
        result.taught_by.push_back(step_choices(config, lesson, *learners[i])[choice]);
      else
        note(result, way, choice, config);
      if (way > 0 || result.taught_by[i] != StepChoice{}) add(contests[places[way][i]].choices[choice], way + 1);
    }
  }
  tuner.run(trainings, [&](size_t i, const Lesson& own) {
    *targets[i] = course_of(*trainings[i].learner, own, trainings[i].key, splits, config.curve_images, device);
  });
  for (size_t i = 0; i < learners.size(); ++i) {
    if (courses[1][i].curve.empty()) courses[1][i] = courses[0][i];
    result.predicted.push_back(courses[1][i].predicted);
  }
  result.plain = summary(curves_of(courses[0]));
  result.synthetic = summary(curves_of(courses[1]));
  result.real = summary(curves_of(courses[2]));
  for (size_t c = 0; c < controls.size(); ++c) result.controls[c].curve = summary(curves_of(courses[c + 3]));
  return result;
}

}  // namespace gtn
