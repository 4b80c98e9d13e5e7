#include "gtn/unroll/accuracy.h"

#include <algorithm>
#include <cmath>

#include "gtn/data/real_source.h"

namespace gtn {

Tensor predictions(const Learner& learner, const Tensor& w, const Statistics& statistics, const Dataset& dataset,
                   const Normalization& normalization, int64_t count, at::Device device) {
  NoGrad no_grad;
  count = std::min(count, dataset.size());
  Tensor predicted = at::empty({count}, at::kLong);
  for (int64_t first = 0; first < count; first += kImagesAtOnce) {
    const Batch batch = slice(dataset, normalization, first, std::min(kImagesAtOnce, count - first), device);
    predicted.narrow(0, first, batch.x.size(0)).copy_(learner.logits(w, batch.x, statistics).argmax(1));
  }
  return predicted;
}

double percent_right(const Tensor& predicted, const Dataset& dataset) {
  const int64_t count = predicted.size(0);
  const auto right = (predicted == dataset.labels.narrow(0, 0, count)).sum().item<int64_t>();
  return 100.0 * static_cast<double>(right) / static_cast<double>(count);
}

double accuracy(const Learner& learner, const Tensor& w, const Statistics& statistics, const Dataset& dataset,
                const Normalization& normalization, int64_t count, at::Device device) {
  return percent_right(predictions(learner, w, statistics, dataset, normalization, count, device), dataset);
}

double final_accuracy(const Learner& learner, const Lesson& lesson, const Key& key, const Dataset& dataset,
                      const Normalization& normalization, int64_t count, at::Device device) {
  const int64_t steps = steps_of(lesson.schedule);
  const LearnerState start = LearnerState::start(learner.initial(key.split("initial")).to(device));
  const Tensor w = train(learner, start, lesson.source, lesson.schedule, 0, steps).w;
  return accuracy(learner, w, learner.calibrate(w, {lesson.source.batch(steps - 1).x}), dataset, normalization, count,
                  device);
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

}  // namespace gtn
