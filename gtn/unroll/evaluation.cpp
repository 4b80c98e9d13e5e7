#include "gtn/unroll/evaluation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "gtn/data/real_source.h"
#include "gtn/unroll/for_learners.h"

namespace gtn {
namespace {

constexpr size_t kFinalists = 3;     // choices that more seeds judge as well
constexpr uint64_t kFinalSeeds = 3;  // so many more

Schedule scaled(Schedule schedule, double factor) {
  for (StepSize& size : schedule.sizes) size.lr *= factor;
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

// How a learner is taught: on real batches with one step size, or on the synthetic ones with their own, multiplied.
struct Teaching {
  std::optional<StepSize> real = std::nullopt;
  double multiplier = 1;
};

// A fresh learner to be trained.
struct Trial {
  const Learner* learner;
  Teaching teaching;
  Key key;
};

// What one architecture may choose from, and how that fared on validation.
struct Contest {
  const Learner* learner;
  std::vector<Teaching> choices;
  std::vector<std::pair<double, size_t>> standing;  // the negative sum of its accuracies, and the choice

  Contest(const Learner& architecture, std::vector<Teaching> teachings)
      : learner(&architecture), choices(std::move(teachings)) {
    for (size_t i = 0; i < choices.size(); ++i) standing.push_back({0, i});
  }
  const Teaching& best() const { return choices[std::ranges::min(standing).second]; }
};

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
    const std::map<std::string, Chosen> chosen = choose(learners);
    Evaluation result;
    std::vector<Curve> plain(learners.size()), synthetic(plain), real(plain);
    std::vector<Trial> trials;
    std::vector<Curve*> curves;  // of each trial
    for (size_t i = 0; i < learners.size(); ++i) {
      const auto add = [&](const Teaching& teaching, Curve& curve) {
        trials.push_back({learners[i].get(), teaching, key_.split("test").split(i)});
        curves.push_back(&curve);
      };
      const Chosen& best = chosen.at(learners[i]->text());
      add({}, plain[i]);
      if (best.synthetic.multiplier != 1) add(best.synthetic, synthetic[i]);
      add(best.real, real[i]);
      result.multipliers.push_back(best.synthetic.multiplier);
      result.real_lr.push_back(best.real.real->lr);
      result.real_momentum.push_back(best.real.real->momentum);
    }
    run(trials, [&](size_t i, const Lesson& lesson) { *curves[i] = curve(trials[i], lesson); });
    for (size_t i = 0; i < learners.size(); ++i)
      if (synthetic[i].empty()) synthetic[i] = plain[i];
    result.plain = summary(plain);
    result.synthetic = summary(synthetic);
    result.real = summary(real);
    return result;
  }

 private:
  using Curve = std::vector<double>;  // accuracy after 0 .. T steps
  struct Chosen {
    Teaching synthetic, real;
  };

  // Every choice with one fresh learner of each architecture, the best few with more. None of them is evaluated later.
  std::map<std::string, Chosen> choose(const std::vector<LearnerPtr>& learners) {
    std::vector<Contest> contests;  // two an architecture: multiplier, real step size
    std::set<std::string> seen;
    for (const LearnerPtr& learner : learners) {
      if (!seen.insert(learner->text()).second) continue;
      contests.emplace_back(*learner, multipliers());
      contests.emplace_back(*learner, real_sizes());
    }
    plan(contests, 3 * learners.size());
    judge(contests, 0, 1);
    for (Contest& contest : contests) {
      std::ranges::sort(contest.standing);
      contest.standing.resize(std::min(contest.standing.size(), kFinalists));
    }
    judge(contests, 1, kFinalSeeds);
    std::map<std::string, Chosen> chosen;
    for (size_t i = 0; i < contests.size(); i += 2)
      chosen[contests[i].learner->text()] = {contests[i].best(), contests[i + 1].best()};
    return chosen;
  }

  std::vector<Teaching> multipliers() const {
    std::vector<Teaching> choices;
    for (const double multiplier : config_.multipliers) choices.push_back({.multiplier = multiplier});
    return choices;
  }

  std::vector<Teaching> real_sizes() const {
    std::vector<Teaching> choices;
    for (const double momentum : config_.real_momentum)
      for (const double lr : config_.real_lr) choices.push_back({.real = StepSize{lr, momentum}});
    return choices;
  }

  void plan(const std::vector<Contest>& contests, size_t curves) {
    for (const Contest& contest : contests)
      total_ +=
          static_cast<int64_t>(contest.choices.size() + kFinalSeeds * std::min(contest.choices.size(), kFinalists));
    total_ += static_cast<int64_t>(curves);
  }

  // Adds to every standing the accuracies on validation of `seeds` fresh learners.
  void judge(std::vector<Contest>& contests, uint64_t first_seed, uint64_t seeds) {
    std::vector<Trial> trials;
    std::vector<double*> scores;  // to which each trial adds
    for (Contest& contest : contests)
      for (auto& [score, choice] : contest.standing)
        for (uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
          trials.push_back({contest.learner, contest.choices[choice], key_.split("selection").split(seed)});
          scores.push_back(&score);
        }
    std::vector<double> percent(trials.size());
    run(trials, [&](size_t i, const Lesson& lesson) {
      percent[i] = final_accuracy(*trials[i].learner, lesson, trials[i].key, splits_.validation, splits_.normalization,
                                  config_.selection_images, device_);
    });
    for (size_t i = 0; i < trials.size(); ++i) *scores[i] -= percent[i];
  }

  // Calls judge(i, lesson of trial i) for all of them, several at once where that pays.
  template <class Judge>
  void run(const std::vector<Trial>& trials, const Judge& judge) {
    std::vector<const Learner*> learners;
    for (const Trial& trial : trials) learners.push_back(trial.learner);
    for_learners(learners, batch_size_, [&](size_t i, int64_t) {
      const auto& [learner, teaching, key] = trials[i];
      if (teaching.real) {
        const RealSource source(splits_.train, splits_.normalization, batch_size_, key.split("real"),
                                Sampling::with_replacement, device_);
        judge(i, {source, constant(*teaching.real)});
      } else {
        judge(i, {lesson_.source, scaled(lesson_.schedule, teaching.multiplier)});
      }
      tick();
    });
  }

  // One size for as many steps as the lesson has, with its optimiser.
  Schedule constant(const StepSize& size) const {
    return {std::vector<StepSize>(lesson_.schedule.sizes.size(), size), lesson_.schedule.optimizer};
  }

  void tick() {
    const std::lock_guard lock(progress_mutex_);
    ++done_;
    if (progress_) progress_(done_, total_);
  }

  // On the test split after 0 .. T steps.
  Curve curve(const Trial& trial, const Lesson& lesson) const {
    const Learner& learner = *trial.learner;
    const auto steps = static_cast<int64_t>(lesson.schedule.sizes.size());
    Curve result;
    const auto judge = [&](int64_t taken, const LearnerState& state) {
      const Tensor calibration = lesson.source.batch(std::max<int64_t>(taken - 1, 0)).x;
      const int64_t count = taken == steps ? splits_.test.size() : config_.curve_images;
      result.push_back(accuracy(learner, state.w, learner.calibrate(state.w, {calibration}), splits_.test,
                                splits_.normalization, count, device_));
    };
    const LearnerState start = LearnerState::start(learner.initial(trial.key.split("initial")).to(device_));
    judge(0, start);
    train(learner, start, lesson.source, lesson.schedule, 0, steps, judge);
    return result;
  }

  const Lesson& lesson_;
  int64_t batch_size_;
  const Splits& splits_;
  const EvaluationConfig& config_;
  Key key_;
  at::Device device_;
  const std::function<void(int64_t, int64_t)>& progress_;
  std::mutex progress_mutex_;
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
  const auto steps = static_cast<int64_t>(lesson.schedule.sizes.size());
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
