#include "gtn/search/training_estimator.h"

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "gtn/search/latency.h"
#include "gtn/search/race.h"

namespace gtn {
namespace {

constexpr int64_t kContestShare = 8;  // of the judging images, one in so many says which choice is judged on all

// A fresh learner on its way through one choice's lesson.
struct LearnerRun {
  LearnerState state;
  std::shared_ptr<const BatchSource> source;
  int64_t taken = 0;
  bool finite = true;
  double seconds = 0;  // in training
};

// The learners of one choice, one a seed.
struct Contender {
  Teaching teaching;
  std::vector<LearnerRun> learners;

  bool is_finite() const { return std::ranges::all_of(learners, &LearnerRun::finite); }
};

class TrainingEstimator final : public Estimator {
 public:
  TrainingEstimator(std::string name, std::vector<Teaching> choices, int64_t batch,
                    const TrainingEstimatorConfig& config, const Splits& splits, at::Device device, TeachingFor own)
      : name_(std::move(name)),
        choices_(std::move(choices)),
        own_(std::move(own)),
        batch_(batch),
        config_(config),
        splits_(splits),
        device_(device) {
    if (choices_.empty() || steps() < 1 || batch < 1 || config.seeds < 1 || config.images < 1)
      throw std::invalid_argument("training_estimator: there is nothing to train, or to judge");
    for (const Teaching& choice : choices_)
      if (steps_of(choice.schedule) != steps())
        throw std::invalid_argument("training_estimator: the choices' schedules differ in length");
  }

  std::string name() const override { return name_; }
  int64_t steps() const override { return steps_of(choices_.front().schedule); }
  int64_t learners() const override { return (std::ssize(choices_) + (own_ ? 1 : 0)) * config_.seeds; }

  std::vector<Estimate> estimate(const Net& candidate, std::span<const int64_t> fidelities,
                                 const Key& key) const override {
    expect(fidelities);
    std::vector<Contender> contenders;
    for (const Teaching& choice : choices_) contenders.push_back({choice, begin(candidate, choice, key)});
    if (own_) {
      const Teaching own = own_(candidate);
      contenders.push_back({own, begin(candidate, own, key)});
    }
    Race race(contenders.size(), fidelities, [&](size_t i, int64_t steps, Judging judging) {
      return standing(candidate, contenders[i], steps, judging);
    });
    std::vector<Estimate> result;
    for (const int64_t fidelity : fidelities) {
      Finish finish = race.run(fidelity);
      result.push_back({finish.score, {finish.steps, finish.steps * batch_, finish.seconds}, std::move(finish.curve)});
    }
    return result;
  }

 private:
  void expect(std::span<const int64_t> fidelities) const {
    const bool ascend = std::ranges::adjacent_find(fidelities, std::greater_equal{}) == fidelities.end();
    if (fidelities.empty() || !ascend || fidelities.front() < 1 || fidelities.back() > steps())
      throw std::invalid_argument(name_ + ": fidelities must ascend and lie from 1 to " + std::to_string(steps()));
  }

  std::vector<LearnerRun> begin(const Net& candidate, const Teaching& choice, const Key& key) const {
    std::vector<LearnerRun> learners(static_cast<size_t>(config_.seeds));
    for (size_t seed = 0; seed < learners.size(); ++seed) {
      const Key own = key.split(seed);
      learners[seed].seconds = seconds_of([&] {
        learners[seed].state = LearnerState::start(candidate.initial(own.split("initial")).to(device_));
        learners[seed].source = choice.source(own);
      });
    }
    return learners;
  }

  Standing standing(const Net& candidate, Contender& contender, int64_t steps, Judging judging) const {
    Standing result;
    for (LearnerRun& learner : contender.learners) {
      learner.seconds += seconds_of([&] { teach(candidate, contender.teaching.schedule, steps, learner); });
      result.steps += learner.taken;
      result.training_seconds += learner.seconds;
    }
    const int64_t images =
        judging == Judging::final ? config_.images : std::max<int64_t>(config_.images / kContestShare, 1);
    if (contender.is_finite())
      result.judging_seconds = seconds_of([&] { result.score = judge(candidate, contender, images); });
    return result;
  }

  static void teach(const Net& candidate, const Schedule& schedule, int64_t steps, LearnerRun& learner) {
    for (; learner.finite && learner.taken < steps; ++learner.taken) {
      learner.state =
          train(candidate, std::move(learner.state), *learner.source, schedule, learner.taken, learner.taken + 1);
      learner.finite = at::isfinite(learner.state.w).all().item<bool>();
    }
  }

  // Mean over the seeds, on so many images.
  double judge(const Net& candidate, const Contender& contender, int64_t images) const {
    double sum = 0;
    for (const LearnerRun& learner : contender.learners) {
      const Tensor& w = learner.state.w;
      const Statistics statistics = candidate.calibrate(w, {learner.source->batch(learner.taken - 1).x});
      sum += accuracy(candidate, w, statistics, splits_.validation, splits_.normalization, images, device_);
    }
    return sum / static_cast<double>(contender.learners.size());
  }

  std::string name_;
  std::vector<Teaching> choices_;
  TeachingFor own_;
  int64_t batch_;
  TrainingEstimatorConfig config_;
  const Splits& splits_;
  at::Device device_;
};

}  // namespace

EstimatorPtr training_estimator(std::string name, std::vector<Teaching> choices, int64_t batch,
                                const TrainingEstimatorConfig& config, const Splits& splits, at::Device device,
                                TeachingFor own) {
  return std::make_shared<TrainingEstimator>(std::move(name), std::move(choices), batch, config, splits, device,
                                             std::move(own));
}

std::vector<Teaching> taught_choices(const Lesson& lesson, const std::vector<double>& multipliers) {
  std::vector<Teaching> choices;
  for (const double multiplier : multipliers)
    choices.push_back({unowned(lesson.source), scaled(lesson.schedule, multiplier)});
  return choices;
}

TeachingFor own_choice(const Lesson& lesson) {
  if (!lesson.multiplier) return {};
  return [lesson](const Net& candidate) {
    return Teaching{unowned(lesson.source), scaled(lesson.schedule, lesson.multiplier(candidate.text()))};
  };
}

std::vector<Teaching> constant_choices(const SourceOf& source, int64_t steps, const std::vector<double>& lr,
                                       const std::vector<double>& momentum, InnerOptimizer optimizer) {
  std::vector<Teaching> choices;
  for (const double m : momentum)
    for (const double size : lr) choices.push_back({source, make_schedule(steps, {size, m}, optimizer)});
  return choices;
}

}  // namespace gtn
