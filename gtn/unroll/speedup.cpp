#include "gtn/unroll/speedup.h"

#include <cmath>
#include <tuple>

namespace gtn {

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
  Speedup result{.budgets = {}, .target = evaluation.synthetic.mean};
  Tuner tuner(splits, config.selection_images, batch_size, key, device, progress);
  const auto source = real_batches(splits, batch_size, device);
  std::vector<double> centre = evaluation.real_lr;
  for (int64_t factor = 1; factor <= config.cap; factor *= 2) {
    const auto size = [&](size_t learner, size_t choice) {
      return StepSize{centre[learner] * config.factors[choice / 2], evaluation.real_momentum[learner]};
    };
    const auto decay = [](size_t choice) { return choice % 2 == 0 ? Decay::none : Decay::cosine; };
    const auto choices = [&](size_t learner) {
      std::vector<Teaching> list;
      for (size_t c = 0; c < 2 * config.factors.size(); ++c)
        list.push_back({source, make_schedule(steps * factor, size(learner, c), lesson.schedule.optimizer, decay(c))});
      return list;
    };
    Tested tested = tune_and_test(tuner, learners, choices);
    RealBudget budget{.steps = steps * factor, .accuracy = std::move(tested.accuracy), .lr = {}, .decays = {}};
    for (size_t i = 0; i < learners.size(); ++i) {
      budget.lr.push_back(size(i, tested.chosen[i]).lr);
      budget.decays.push_back(decay(tested.chosen[i]));
    }
    centre = budget.lr;
    result.budgets.push_back(std::move(budget));
    if (result.budgets.back().accuracy.mean >= result.target) break;
  }
  std::tie(result.steps, result.bound) = steps_for(result.budgets, result.target);
  result.ratio = result.steps / static_cast<double>(steps);
  return result;
}

}  // namespace gtn
