#include "gtn/unroll/robustness.h"

#include <algorithm>
#include <cstdio>

namespace gtn {
namespace {

constexpr double kWhite = 255;

Trained taught(const Learner& learner, const Lesson& lesson, const Key& key, at::Device device) {
  const int64_t steps = steps_of(lesson.schedule);
  const LearnerState start = LearnerState::start(learner.initial(key.split("initial")).to(device));
  const Tensor w = train(learner, start, lesson.source, lesson.schedule, 0, steps).w;
  return {learner, w, learner.calibrate(w, {lesson.source.batch(steps - 1).x})};
}

// Chooses the step sizes of the normally trained networks.
struct Normal {
  std::vector<Teaching> choices;
  Field field;
  std::vector<size_t> best;
};

Normal choose_normal(Tuner& tuner, const std::vector<LearnerPtr>& learners, int64_t batch_size, const Splits& splits,
                     const RobustnessConfig& config, at::Device device) {
  Normal normal;
  for (const double lr : config.real_lr)
    normal.choices.push_back(
        {real_batches(splits, batch_size, device),
         make_schedule(config.real_steps, {lr, config.real_momentum}, InnerOptimizer::sgd, Decay::cosine)});
  normal.field = make_field(learners, [&](size_t) { return normal.choices; });
  for (const Contest& contest : normal.field.contests) tuner.expect(Tuner::trainings(contest));
  tuner.expect(2 * static_cast<int64_t>(learners.size()));
  normal.best = tuner.choose(normal.field.contests);
  return normal;
}

}  // namespace

std::string Disturbance::name() const {
  const char* const names[] = {"none", "noise", "blur", "fgsm"};
  std::string text = names[static_cast<size_t>(kind)];
  if (kind == Kind::none) return text;
  char number[32];
  std::snprintf(number, sizeof number, " %.4g", amount);
  return text + number;
}

std::vector<Disturbance> default_disturbances() {
  using enum Disturbance::Kind;
  return {{none, 0}, {noise, 0.1},       {noise, 0.2},       {noise, 0.4},       {blur, 3},
          {blur, 5}, {fgsm, 2 / kWhite}, {fgsm, 8 / kWhite}, {fgsm, 16 / kWhite}};
}

Tensor pixel_gradient(const Trained& trained, const Tensor& pixels, const Tensor& labels,
                      const Normalization& normalization) {
  const NoGrad no_grad;
  const Tensor x = normalization.apply(pixels * kWhite);
  return normalization.pull_back(trained.learner.input_gradient(trained.w, x, labels, trained.statistics));
}

Tensor disturbed(const Trained& trained, const Tensor& pixels, const Tensor& labels, const Normalization& normalization,
                 const Disturbance& disturbance, const Key& key) {
  const NoGrad no_grad;
  const auto side = static_cast<int64_t>(disturbance.amount);
  Tensor result = pixels;
  switch (disturbance.kind) {
    case Disturbance::Kind::none:
      break;
    case Disturbance::Kind::noise:
      result = pixels + key.normal(pixels.sizes()).to(pixels.device()) * disturbance.amount;
      break;
    case Disturbance::Kind::blur:
      result = at::avg_pool2d(pixels, side, 1, side / 2, false, /*count_include_pad=*/false);
      break;
    case Disturbance::Kind::fgsm:
      result = pixels + disturbance.amount * pixel_gradient(trained, pixels, labels, normalization).sign();
      break;
  }
  return result.clamp(0, 1);
}

double accuracy_under(const Trained& trained, const Dataset& dataset, const Normalization& normalization, int64_t count,
                      const Disturbance& disturbance, const Key& key, at::Device device) {
  const NoGrad no_grad;
  count = std::min(count, dataset.size());
  const Normalization there = normalization.to(device);
  int64_t right = 0;
  for (int64_t first = 0; first < count; first += kImagesAtOnce) {
    const int64_t some = std::min(kImagesAtOnce, count - first);
    const Tensor pixels = dataset.images.narrow(0, first, some).to(device).to(at::kFloat) / kWhite;
    const Tensor classes = dataset.labels.narrow(0, first, some).to(device);
    const Tensor labels = at::one_hot(classes, dataset.classes()).to(at::kFloat);
    const Key own = key.split(static_cast<uint64_t>(first));
    const Tensor x = there.apply(disturbed(trained, pixels, labels, there, disturbance, own) * kWhite);
    right += (trained.learner.logits(trained.w, x, trained.statistics).argmax(1) == classes).sum().item<int64_t>();
  }
  return 100.0 * static_cast<double>(right) / static_cast<double>(count);
}

Robustness measure_robustness(const std::vector<LearnerPtr>& learners, const Lesson& lesson,
                              const Evaluation& evaluation, int64_t batch_size, const Splits& splits,
                              const RobustnessConfig& config, const Key& key, at::Device device,
                              const Progress& progress) {
  Tuner tuner(splits, config.selection_images, batch_size, key, device, progress);
  const Normal normal = choose_normal(tuner, learners, batch_size, splits, config, device);
  Robustness result;
  std::vector<Teaching> ways;  // synthetic and real, learner by learner
  for (size_t i = 0; i < learners.size(); ++i) {
    const size_t choice = normal.best[normal.field.place[i]];
    ways.push_back({unowned(lesson.source), evaluation.taught_by[i].of(lesson.schedule)});
    ways.push_back(normal.choices[choice]);
    result.real_lr.push_back(config.real_lr[choice]);
  }
  std::vector<Training> trainings;
  for (size_t i = 0; i < ways.size(); ++i)
    trainings.push_back({learners[i / 2].get(), &ways[i], tuner.test_key(i / 2)});
  using Finals = std::vector<std::vector<double>>;  // of each learner, the end alone
  const Finals empty(learners.size(), std::vector<double>(1));
  std::vector<Finals> finals[] = {std::vector<Finals>(config.disturbances.size(), empty),   // synthetic
                                  std::vector<Finals>(config.disturbances.size(), empty)};  // real
  tuner.run(trainings, [&](size_t i, const Lesson& own) {
    const Trained trained = taught(*trainings[i].learner, own, trainings[i].key, device);
    for (size_t d = 0; d < config.disturbances.size(); ++d)
      finals[i % 2][d][i / 2][0] = accuracy_under(trained, splits.test, splits.normalization, config.images,
                                                  config.disturbances[d], key.split("disturbance").split(d), device);
  });
  for (size_t d = 0; d < config.disturbances.size(); ++d)
    result.rows.push_back({config.disturbances[d], summary(finals[0][d]), summary(finals[1][d])});
  return result;
}

}  // namespace gtn
