#include "cli/evaluate_controls.h"

#include <algorithm>

#include "gtn/data/kmeans.h"

namespace gtn {

int64_t control_images(const Artefact& artefact, const Dataset& training) {
  const Tensor counts = at::bincount(training.labels, {}, training.classes());
  return std::min(artefact.steps() * artefact.images.size(1), counts.min().item<int64_t>() * training.classes());
}

ImageSet chosen_set(const Splits& splits, const Tensor& chosen, at::Device device) {
  const Tensor images = splits.normalization.apply(splits.train.images.index_select(0, chosen));
  const Tensor labels = at::one_hot(splits.train.labels.index_select(0, chosen), splits.train.classes());
  return {images.to(device), labels.to(at::kFloat).to(device)};
}

Control kmeans_control(const Artefact& artefact, const Splits& splits, const Key& key, at::Device device) {
  const int64_t count = control_images(artefact, splits.train);
  return {"kmeans", chosen_set(splits, kmeans_images(splits.train, splits.normalization, count, key), device)};
}

Control soft_control(const Control& kmeans, const Learner& learner, const Splits& splits, const ExpertConfig& config,
                     double temperature, const Key& key, at::Device device, const Progress& progress) {
  const std::vector<Expert> experts = train_experts(learner, splits, config, key, device, progress);
  Control soft{"kmeans_soft", kmeans.set};
  soft.set.labels = soft_labels(learner, experts, kmeans.set.images, temperature);
  return soft;
}

}  // namespace gtn
