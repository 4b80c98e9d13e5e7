#include "cli/evaluate_controls.h"

#include <algorithm>

#include "gtn/data/kmeans.h"

namespace gtn {

int64_t balanced_images(const Dataset& training) {
  return at::bincount(training.labels, {}, training.classes()).min().item<int64_t>() * training.classes();
}

int64_t images_of_equal_floats(const Artefact& artefact) {
  int64_t floats = artefact.images.numel() + artefact.labels.numel() + artefact.lr.numel() + artefact.momentum.numel();
  int64_t generated = 0;
  bool has_generator = false;  // without one the images do not follow from the teacher's parameters alone
  for (const auto& [name, tensor] : artefact.teacher) {
    has_generator |= name.starts_with("generator.");
    if (name.starts_with("generator.") || name.starts_with("curriculum.")) generated += tensor.numel();
  }
  if (has_generator) floats = std::min(floats, generated);
  return std::max<int64_t>(floats - 2, 0) / (artefact.images[0][0].numel() + 1);
}

ImageSet chosen_set(const Splits& splits, const Tensor& chosen, at::Device device) {
  const Tensor images = splits.normalization.apply(splits.train.images.index_select(0, chosen));
  const Tensor labels = at::one_hot(splits.train.labels.index_select(0, chosen), splits.train.classes());
  return {images.to(device), labels.to(at::kFloat).to(device)};
}

Control kmeans_control(const std::string& name, int64_t count, const Splits& splits, const Key& key,
                       at::Device device) {
  return {name, {chosen_set(splits, kmeans_images(splits.train, splits.normalization, count, key), device)}};
}

Control soft_control(const Control& kmeans, const Learner& learner, const Splits& splits, const ExpertConfig& config,
                     const std::vector<double>& temperatures, const Key& key, at::Device device,
                     const Progress& progress) {
  const std::vector<Expert> experts = train_experts(learner, splits, config, key, device, progress);
  Control soft{"kmeans_soft", {}, temperatures};
  const Tensor& images = kmeans.variants.front().images;
  for (const double temperature : temperatures)
    soft.variants.push_back({images, soft_labels(learner, experts, images, temperature)});
  return soft;
}

}  // namespace gtn
