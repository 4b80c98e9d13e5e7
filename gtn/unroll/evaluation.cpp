#include "gtn/unroll/evaluation.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "gtn/data/real_source.h"

namespace gtn {
namespace {

constexpr size_t kFinalists = 3;     // choices that more seeds judge as well
constexpr uint64_t kFinalSeeds = 3;  // so many more

Schedule scaled(Schedule schedule, double factor) {
  for (StepSize& size : schedule) size.lr *= factor;
  return schedule;
}

AccuracyCurve summary(const std::vector<std::vector<double>>& curves) {
  AccuracyCurve result;
  const auto n = static_cast<double>(curves.size());
  for (size_t t = 0; t < curves.at(0).size(); ++t) {
    double sum = 0, squares = 0;
    for (const auto& curve : curves) sum += curve[t];
    for (const auto& curve : curves) squares += (curve[t] - sum / n) * (curve[t] - sum / n);
    result.curve.push_back(sum / n);
    result.curve_std.push_back(n > 1 ? std::sqrt(squares / (n - 1)) : 0);
  }
  for (const auto& curve : curves) result.finals.push_back(curve.back());
  result.mean = result.curve.back();
  result.std = result.curve_std.back();
  return result;
}

class Evaluator {
 public:
  Evaluator(const Lesson& lesson, int64_t batch_size, const Splits& splits, const EvaluationConfig& config,
            const Key& key, at::Device device, const std::function<void(int64_t, int64_t)>& progress)
      : lesson_(lesson),
        batch_size_(batch_size),
        splits_(splits),
        config_(config),
        key_(key),
        device_(device),
        progress_(progress) {}

  Evaluation run(const std::vector<LearnerPtr>& learners) {
    plan(learners);
    Evaluation result;
    std::vector<std::vector<double>> plain, synthetic, real;
    for (size_t i = 0; i < learners.size(); ++i) {
      const Learner& learner = *learners[i];
      if (!choices_.contains(learner.text())) choices_[learner.text()] = choose(learner);
      const Choice& choice = choices_[learner.text()];
      const Key key = key_.split("test").split(i);
      plain.push_back(curve(learner, lesson_, key));
      synthetic.push_back(choice.multiplier == 1
                              ? plain.back()
                              : curve(learner, {lesson_.source, scaled(lesson_.schedule, choice.multiplier)}, key));
      const RealSource source = real_source(key);
      real.push_back(curve(learner, {source, constant(choice.real)}, key));
      result.multipliers.push_back(choice.multiplier);
      result.real_lr.push_back(choice.real.lr);
      result.real_momentum.push_back(choice.real.momentum);
    }
    result.plain = summary(plain);
    result.synthetic = summary(synthetic);
    result.real = summary(real);
    return result;
  }

 private:
  struct Choice {
    double multiplier = 1;
    StepSize real;
  };

  void plan(const std::vector<LearnerPtr>& learners) {
    std::map<std::string, int> distinct;
    for (const LearnerPtr& learner : learners) ++distinct[learner->text()];
    const auto judged = [](size_t choices) { return choices + kFinalSeeds * std::min(choices, kFinalists); };
    const size_t choosing =
        judged(config_.multipliers.size()) + judged(config_.real_lr.size() * config_.real_momentum.size());
    total_ = static_cast<int64_t>(3 * learners.size() + distinct.size() * choosing);
  }

  void tick() {
    if (progress_) progress_(std::min(++done_, total_), total_);
  }

  Schedule constant(const StepSize& size) const { return Schedule(lesson_.schedule.size(), size); }
  RealSource real_source(const Key& key) const {
    return {splits_.train, splits_.normalization, batch_size_, key.split("real"), Sampling::with_replacement, device_};
  }

  // The best of `count` choices on validation: all judged with one fresh learner, the best few with a second one.
  // Neither seed is evaluated later.
  template <class Judge>
  size_t best_of(size_t count, Judge&& judge) {
    std::vector<std::pair<double, size_t>> scores;
    const auto score = [&](size_t choice, uint64_t seed) {
      tick();
      return judge(choice, key_.split("selection").split(seed));
    };
    for (size_t i = 0; i < count; ++i) scores.push_back({-score(i, 0), i});
    std::ranges::sort(scores);
    scores.resize(std::min(count, kFinalists));
    for (auto& [total, choice] : scores)
      for (uint64_t seed = 1; seed <= kFinalSeeds; ++seed) total -= score(choice, seed);
    return std::ranges::min(scores).second;
  }

  double validate(const Learner& learner, const Lesson& lesson, const Key& key) const {
    return final_accuracy(learner, lesson, key, splits_.validation, splits_.normalization, config_.selection_images,
                          device_);
  }

  Choice choose(const Learner& learner) {
    const size_t multiplier = best_of(config_.multipliers.size(), [&](size_t i, const Key& key) {
      return validate(learner, {lesson_.source, scaled(lesson_.schedule, config_.multipliers[i])}, key);
    });
    std::vector<StepSize> sizes;
    for (const double momentum : config_.real_momentum)
      for (const double lr : config_.real_lr) sizes.push_back({lr, momentum});
    const size_t real = best_of(sizes.size(), [&](size_t i, const Key& key) {
      const RealSource source = real_source(key);
      return validate(learner, {source, constant(sizes[i])}, key);
    });
    return {config_.multipliers[multiplier], sizes[real]};
  }

  // Accuracy on the test split after 0 .. T steps.
  std::vector<double> curve(const Learner& learner, const Lesson& lesson, const Key& key) {
    const auto steps = static_cast<int64_t>(lesson.schedule.size());
    std::vector<double> result;
    const auto judge = [&](int64_t taken, const LearnerState& state) {
      const Tensor calibration = lesson.source.batch(std::max<int64_t>(taken - 1, 0)).x;
      const int64_t count = taken == steps ? splits_.test.size() : config_.curve_images;
      result.push_back(accuracy(learner, state.w, learner.calibrate(state.w, {calibration}), splits_.test,
                                splits_.normalization, count, device_));
    };
    const LearnerState start = LearnerState::start(learner.initial(key.split("initial")).to(device_));
    judge(0, start);
    train(learner, start, lesson.source, lesson.schedule, 0, steps, judge);
    tick();
    return result;
  }

  const Lesson& lesson_;
  int64_t batch_size_;
  const Splits& splits_;
  const EvaluationConfig& config_;
  Key key_;
  at::Device device_;
  const std::function<void(int64_t, int64_t)>& progress_;
  std::map<std::string, Choice> choices_;
  int64_t done_ = 0, total_ = 0;
};

}  // namespace

double accuracy(const Learner& learner, const Tensor& w, const Statistics& statistics, const Dataset& dataset,
                const Normalization& normalization, int64_t count, at::Device device) {
  NoGrad no_grad;
  count = std::min(count, dataset.size());
  int64_t right = 0;
  for (int64_t first = 0; first < count; first += kImagesAtOnce) {
    const Batch batch = slice(dataset, normalization, first, std::min(kImagesAtOnce, count - first), device);
    right += (learner.logits(w, batch.x, statistics).argmax(1) == batch.y.argmax(1)).sum().item<int64_t>();
  }
  return 100.0 * static_cast<double>(right) / static_cast<double>(count);
}

double final_accuracy(const Learner& learner, const Lesson& lesson, const Key& key, const Dataset& dataset,
                      const Normalization& normalization, int64_t count, at::Device device) {
  const auto steps = static_cast<int64_t>(lesson.schedule.size());
  const LearnerState start = LearnerState::start(learner.initial(key.split("initial")).to(device));
  const Tensor w = train(learner, start, lesson.source, lesson.schedule, 0, steps).w;
  return accuracy(learner, w, learner.calibrate(w, {lesson.source.batch(steps - 1).x}), dataset, normalization, count,
                  device);
}

Evaluation evaluate(const std::vector<LearnerPtr>& learners, const Lesson& lesson, int64_t batch_size,
                    const Splits& splits, const EvaluationConfig& config, const Key& key, at::Device device,
                    const std::function<void(int64_t, int64_t)>& progress) {
  return Evaluator(lesson, batch_size, splits, config, key, device, progress).run(learners);
}

}  // namespace gtn
