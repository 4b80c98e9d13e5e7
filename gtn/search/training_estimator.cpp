#include "gtn/search/training_estimator.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "gtn/search/latency.h"

namespace gtn {
namespace {

bool is_finite(const LearnerState& state) { return at::isfinite(state.w).all().item<bool>(); }

void add(Cost& sum, const Cost& part) {
  sum.steps += part.steps;
  sum.images += part.images;
  sum.seconds += part.seconds;
}

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

  std::vector<Estimate> estimate(const Net& candidate, std::span<const int64_t> fidelities,
                                 const Key& key) const override {
    expect(fidelities);
    std::vector<Estimate> result(fidelities.size());
    std::vector<Teaching> choices = choices_;
    if (own_) choices.push_back(own_(candidate));
    for (const Teaching& choice : choices) {
      std::vector<double> sums(fidelities.size());
      for (int64_t seed = 0; seed < config_.seeds; ++seed) {
        const std::vector<Estimate> own = teach(candidate, choice, fidelities, key.split(static_cast<uint64_t>(seed)));
        for (size_t i = 0; i < own.size(); ++i) {
          sums[i] += own[i].score;
          add(result[i].cost, own[i].cost);
        }
      }
      for (size_t i = 0; i < result.size(); ++i)  // fmax prefers a number to NaN
        result[i].score = std::fmax(result[i].score, sums[i] / static_cast<double>(config_.seeds));
    }
    return result;
  }

 private:
  void expect(std::span<const int64_t> fidelities) const {
    const bool ascend = std::ranges::adjacent_find(fidelities, std::greater_equal{}) == fidelities.end();
    if (fidelities.empty() || !ascend || fidelities.front() < 1 || fidelities.back() > steps())
      throw std::invalid_argument(name_ + ": fidelities must ascend and lie from 1 to " + std::to_string(steps()));
  }

  // The estimates of one choice by one learner.
  std::vector<Estimate> teach(const Net& candidate, const Teaching& choice, std::span<const int64_t> fidelities,
                              const Key& key) const {
    LearnerState state;
    std::shared_ptr<const BatchSource> source;
    double training = seconds_of([&] {
      state = LearnerState::start(candidate.initial(key.split("initial")).to(device_));
      source = choice.source(key);
    });
    int64_t taken = 0;
    bool finite = true;
    std::vector<Estimate> result;
    for (const int64_t fidelity : fidelities) {
      training += seconds_of([&] {
        for (; finite && taken < fidelity; ++taken) {
          state = train(candidate, std::move(state), *source, choice.schedule, taken, taken + 1);
          finite = is_finite(state);
        }
      });
      Estimate& own = result.emplace_back();
      double judging = 0;
      if (finite) judging = seconds_of([&] { own.score = judge(candidate, state.w, source->batch(taken - 1)); });
      own.cost = {taken, taken * batch_, training + judging};
    }
    return result;
  }

  double judge(const Net& candidate, const Tensor& w, const Batch& last) const {
    return accuracy(candidate, w, candidate.calibrate(w, {last.x}), splits_.validation, splits_.normalization,
                    config_.images, device_);
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
