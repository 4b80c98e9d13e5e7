#include "gtn/unroll/tuning.h"

#include <algorithm>
#include <map>

#include "gtn/data/real_source.h"
#include "gtn/unroll/for_learners.h"

namespace gtn {
namespace {

constexpr size_t kFinalists = 3;     // choices that more seeds judge as well
constexpr uint64_t kFinalSeeds = 3;  // so many more

}  // namespace

SourceOf unowned(const BatchSource& source) {
  return [&source](const Key&) { return std::shared_ptr<const BatchSource>(std::shared_ptr<void>(), &source); };
}

SourceOf real_batches(const Splits& splits, int64_t batch_size, at::Device device) {
  return [&splits, batch_size, device](const Key& key) {
    return std::make_shared<const RealSource>(splits.train, splits.normalization, batch_size, key.split("real"),
                                              Sampling::with_replacement, device);
  };
}

SourceOf set_batches(const ImageSet& set, int64_t batch_size) {
  return [&set, batch_size](const Key& key) {
    return std::make_shared<const ImageSource>(set, batch_size, key.split("images"));
  };
}

// How the choices of one contest fare: the negative sum of their accuracies, and which they are.
struct Tuner::Standing {
  std::vector<std::pair<double, size_t>> ranks;
};

int64_t Tuner::trainings(const Contest& contest) {
  const size_t choices = contest.choices.size();
  return choices < 2 ? 0 : static_cast<int64_t>(choices + kFinalSeeds * std::min(choices, kFinalists));
}

std::vector<size_t> Tuner::choose(const std::vector<Contest>& contests) {
  std::vector<Standing> standings(contests.size());
  for (size_t c = 0; c < contests.size(); ++c)
    for (size_t i = 0; i < contests[c].choices.size(); ++i) standings[c].ranks.push_back({0, i});
  judge(contests, standings, 0, 1);
  for (Standing& standing : standings) {
    std::ranges::sort(standing.ranks);
    standing.ranks.resize(std::min(standing.ranks.size(), kFinalists));
  }
  judge(contests, standings, 1, kFinalSeeds);
  std::vector<size_t> best;
  for (const Standing& standing : standings) best.push_back(std::ranges::min(standing.ranks).second);
  return best;
}

// Adds to every standing the accuracies on validation of `seeds` fresh learners.
void Tuner::judge(const std::vector<Contest>& contests, std::vector<Standing>& standings, uint64_t first_seed,
                  uint64_t seeds) {
  std::vector<Training> trainings;
  std::vector<double*> scores;  // to which each trial adds
  for (size_t c = 0; c < contests.size(); ++c) {
    if (contests[c].choices.size() < 2) continue;
    for (auto& [score, choice] : standings[c].ranks)
      for (uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
        trainings.push_back({contests[c].learner, &contests[c].choices[choice], key_.split("selection").split(seed)});
        scores.push_back(&score);
      }
  }
  std::vector<double> percent(trainings.size());
  run(trainings, [&](size_t i, const Lesson& lesson) {
    percent[i] = final_accuracy(*trainings[i].learner, lesson, trainings[i].key, splits_.validation,
                                splits_.normalization, selection_images_, device_);
  });
  for (size_t i = 0; i < trainings.size(); ++i) *scores[i] -= percent[i];
}

void Tuner::run(const std::vector<Training>& trainings, const std::function<void(size_t, const Lesson&)>& judge) {
  std::vector<const Learner*> learners;
  for (const Training& training : trainings) learners.push_back(training.learner);
  for_learners(learners, batch_, [&](size_t i, int64_t) {
    const std::shared_ptr<const BatchSource> source = trainings[i].teaching->source(trainings[i].key);
    judge(i, {*source, trainings[i].teaching->schedule});
    tick();
  });
}

void Tuner::tick() {
  const std::lock_guard lock(mutex_);
  ++done_;
  if (progress_) progress_(done_, total_);
}

Field make_field(const std::vector<LearnerPtr>& learners, const std::function<std::vector<Teaching>(size_t)>& choices) {
  Field field;
  std::map<std::string, size_t> seen;
  for (size_t i = 0; i < learners.size(); ++i) {
    const auto [entry, is_new] = seen.emplace(learners[i]->text(), field.contests.size());
    if (is_new) field.contests.push_back({learners[i].get(), choices(i)});
    field.place.push_back(entry->second);
  }
  return field;
}

Judged tune_and_judge(Tuner& tuner, const std::vector<LearnerPtr>& learners,
                      const std::function<std::vector<Teaching>(size_t)>& choices, const Dataset& dataset) {
  const Field field = make_field(learners, choices);
  for (const Contest& contest : field.contests) tuner.expect(Tuner::trainings(contest));
  tuner.expect(static_cast<int64_t>(learners.size()));
  const std::vector<size_t> best = tuner.choose(field.contests);
  Judged result;
  std::vector<Training> trainings;
  for (size_t i = 0; i < learners.size(); ++i) {
    result.chosen.push_back(best[field.place[i]]);
    trainings.push_back(
        {learners[i].get(), &field.contests[field.place[i]].choices[result.chosen[i]], tuner.test_key(i)});
  }
  std::vector<std::vector<double>> finals(learners.size(), std::vector<double>(1));
  tuner.run(trainings, [&](size_t i, const Lesson& lesson) {
    finals[i][0] = final_accuracy(*learners[i], lesson, trainings[i].key, dataset, tuner.splits().normalization,
                                  dataset.size(), tuner.device());
  });
  result.accuracy = summary(finals);
  return result;
}

}  // namespace gtn
