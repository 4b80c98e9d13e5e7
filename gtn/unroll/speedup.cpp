#include "gtn/unroll/speedup.h"

#include <cmath>
#include <tuple>

namespace gtn {
namespace {

// What the trainings on real data have in common.
struct RealData {
  const std::vector<LearnerPtr>& learners;
  const std::vector<double>& momentum;  // one a learner
  const std::vector<double>& factors;
  InnerOptimizer optimizer;
  SourceOf source;
};

// So many steps, the step sizes around `centre`, one a learner; tuned on validation and judged on `judged`.
RealBudget train_budget(Tuner& tuner, const RealData& real, int64_t steps, const std::vector<double>& centre,
                        const Dataset& judged) {
  const auto size = [&](size_t learner, size_t choice) {
    return StepSize{centre[learner] * real.factors[choice / 2], real.momentum[learner]};
  };
  const auto decay = [](size_t choice) { return choice % 2 == 0 ? Decay::none : Decay::cosine; };
  const auto choices = [&](size_t learner) {
    std::vector<Teaching> list;
    for (size_t c = 0; c < 2 * real.factors.size(); ++c)
      list.push_back({real.source, make_schedule(steps, size(learner, c), real.optimizer, decay(c))});
    return list;
  };
  Judged best = tune_and_judge(tuner, real.learners, choices, judged);
  RealBudget budget{.steps = steps, .accuracy = std::move(best.accuracy), .lr = {}, .decays = {}};
  for (size_t i = 0; i < real.learners.size(); ++i) {
    budget.lr.push_back(size(i, best.chosen[i]).lr);
    budget.decays.push_back(decay(best.chosen[i]));
  }
  return budget;
}

}  // namespace

std::pair<double, Bound> steps_for(const std::vector<RealBudget>& budgets, double target) {
  const auto steps = [&](size_t i) { return static_cast<double>(budgets.at(i).steps); };
  if (budgets.at(0).accuracy.mean >= target) return {steps(0), Bound::at_most};
  for (size_t i = 1; i < budgets.size(); ++i) {
    const double low = budgets[i - 1].accuracy.mean, high = budgets[i].accuracy.mean;
    if (high < target) continue;
    const double way = (target - low) / (high - low);
    return {steps(i - 1) * std::pow(steps(i) / steps(i - 1), way), Bound::exact};
  }
  return {steps(budgets.size() - 1), Bound::at_least};
}

Speedup measure_speedup(const std::vector<LearnerPtr>& learners, const Lesson& lesson, const Evaluation& evaluation,
                        int64_t batch_size, const Splits& splits, const SpeedupConfig& config, const Key& key,
                        at::Device device, const Progress& progress) {
  const int64_t steps = steps_of(lesson.schedule);
  const RealData real{learners, evaluation.real_momentum, config.factors, lesson.schedule.optimizer,
                      real_batches(splits, batch_size, device)};
  Tuner search(splits, config.selection_images, batch_size, key.split("speedup"), device, progress);
  const auto curriculum = [&](size_t i) {
    return std::vector<Teaching>{{unowned(lesson.source), evaluation.taught_by[i].of(lesson.schedule)}};
  };
  Speedup result;
  result.target = tune_and_judge(search, learners, curriculum, splits.validation).accuracy;
  std::vector<double> centre = evaluation.real_lr;
  for (int64_t factor = 1; factor <= config.cap; factor *= 2) {
    result.budgets.push_back(train_budget(search, real, steps * factor, centre, splits.validation));
    centre = result.budgets.back().lr;
    if (result.budgets.back().accuracy.mean >= result.target.mean) break;
  }
  std::tie(result.steps, result.bound) = steps_for(result.budgets, result.target.mean);
  result.ratio = result.steps / static_cast<double>(steps);
  Tuner tester(splits, config.selection_images, batch_size, key, device, progress);
  result.found = train_budget(tester, real, std::llround(result.steps), centre, splits.test);
  return result;
}

}  // namespace gtn
