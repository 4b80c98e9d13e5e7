#include "cli/train_experts.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "cli/common.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/nets/spec.h"
#include "gtn/unroll/evaluation.h"

namespace gtn {
namespace {

constexpr const char* kKey = "experts.learner";

std::string text_of(const RunConfig& config) {
  const PopulationConfig& population = config.meta.population;
  if (!config.experts.learner.empty()) return config.experts.learner;
  check_population(population);
  return leading_learner(population, Key(static_cast<uint64_t>(config.seed)).split(kKey));
}

std::vector<Expert> train_them(const ExpertConfig& config, const Learner& learner, const Splits& splits, const Key& key,
                               at::Device device) {
  ProgressLine line("experts", 0, config.count);
  line.update(0);
  return train_experts(learner, splits, config, key, device, [&](int64_t done, int64_t) { line.update(done); });
}

// Such as "3 experts 'lenet', 1500 steps of 64 images: validation 98.1, 98.0, 98.3 %".
std::string report(const RunConfig& config, const Learner& learner, const std::vector<Expert>& experts,
                   const Splits& splits, at::Device device) {
  std::string text = std::to_string(experts.size()) + (experts.size() == 1 ? " expert '" : " experts '") +
                     learner.text() + "', " + std::to_string(config.experts.ensemble.training.steps) + " steps of " +
                     std::to_string(config.experts.ensemble.training.batch) + " images: validation";
  for (size_t i = 0; i < experts.size(); ++i) {
    char number[32];
    std::snprintf(number, sizeof number, "%s %.1f", i == 0 ? "" : ",",
                  accuracy(learner, experts[i].w, experts[i].statistics, splits.validation, splits.normalization,
                           splits.validation.size(), device));
    text += number;
  }
  return text + " %";
}

}  // namespace

std::string expert_learner(const RunConfig& config, const Shape& image, int64_t classes) {
  const std::string text = text_of(config);
  try {
    make_net(text, image, classes);
  } catch (const Error& error) {
    throw usage_error(kKey, error.what());
  }
  return text;
}

Tensor expert_labels(const RunConfig& config, const Splits& splits, const Dataset& images, const Key& key,
                     at::Device device, const RunDirectory& directory) {
  const std::string hash = config_hash(config);
  if (std::filesystem::exists(directory.experts())) {
    const SoftLabels soft = load_soft_labels(directory.experts(), images, hash);
    std::printf("experts: %s\n", directory.experts().c_str());
    return soft.labels;
  }
  const Shape shape = shape_of(images.images);
  const Shape image{shape[1], shape[2], shape[3]};
  const LearnerPtr learner = make_net(expert_learner(config, image, images.classes()), image, images.classes());
  Splits labelled = splits;
  labelled.train = images;
  const std::vector<Expert> experts = train_them(config.experts.ensemble, *learner, labelled, key, device);
  for (const Expert& expert : experts)
    if (!at::isfinite(expert.w).all().item<bool>())
      throw failure("experts", "an expert diverged; train anew with a smaller experts.lr");
  const std::string note = report(config, *learner, experts, splits, device);
  const Tensor labels =
      soft_labels(*learner, experts, images, splits.normalization, config.experts.temperature, device);
  save_soft_labels(directory.experts(), {labels, images.fingerprint, hash, note});
  std::printf("%s\n", note.c_str());
  std::fflush(stdout);
  std::ofstream(directory.log(), std::ios::app) << note << '\n';
  return labels;
}

}  // namespace gtn
