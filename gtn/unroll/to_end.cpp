#include "gtn/unroll/to_end.h"

#include <algorithm>

namespace gtn {

TunedCurve train_to_end(const std::vector<LearnerPtr>& learners, const ImageSet& set, const Splits& splits,
                        const ToEndConfig& config, const Key& key, at::Device device, const Progress& progress) {
  Tuner tuner(splits, config.selection_images, std::min(config.batch, set.size()), key, device, progress);
  const SourceOf source = set_batches(set, config.batch);
  std::vector<Teaching> choices;
  for (const double lr : config.lr)
    choices.push_back({source, make_schedule(config.steps, {lr, config.momentum}, config.optimizer, Decay::cosine)});
  Judged tested = tune_and_judge(
      tuner, learners, [&](size_t) { return choices; }, splits.test);
  TunedCurve result{std::move(tested.accuracy), {}, std::vector<double>(learners.size(), config.momentum)};
  for (const size_t choice : tested.chosen) result.lr.push_back(config.lr[choice]);
  return result;
}

}  // namespace gtn
