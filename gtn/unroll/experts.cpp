#include "gtn/unroll/experts.h"

#include <mutex>
#include <stdexcept>

#include "gtn/data/real_source.h"
#include "gtn/unroll/accuracy.h"
#include "gtn/unroll/for_learners.h"

namespace gtn {

std::vector<Expert> train_experts(const Learner& learner, const Splits& splits, const ExpertConfig& config,
                                  const Key& key, at::Device device,
                                  const std::function<void(int64_t, int64_t)>& progress) {
  std::vector<Expert> experts(static_cast<size_t>(config.count));
  std::mutex mutex;
  int64_t done = 0;
  for_learners(std::vector<const Learner*>(experts.size(), &learner), config.training.batch, [&](size_t i, int64_t) {
    experts[i] = train_on_real(learner, splits, config.training, key.split(i), device);
    const std::lock_guard lock(mutex);
    ++done;
    if (progress) progress(done, config.count);
  });
  return experts;
}

Tensor soft_labels(const Learner& learner, const std::vector<Expert>& experts, const Tensor& x, double temperature) {
  if (experts.empty()) throw std::invalid_argument("soft_labels: needs an expert");
  if (!(temperature > 0)) throw std::invalid_argument("soft_labels: temperature must be positive");
  const NoGrad no_grad;
  Tensor sum;
  for (const Expert& expert : experts) {
    const Tensor labels = at::softmax(learner.logits(expert.w, x, expert.statistics) / temperature, 1);
    sum = sum.defined() ? sum.add_(labels) : labels;
  }
  return sum.div_(static_cast<double>(experts.size()));
}

Tensor soft_labels(const Learner& learner, const std::vector<Expert>& experts, const Dataset& dataset,
                   const Normalization& normalization, double temperature, at::Device device) {
  Tensors parts;
  for (int64_t first = 0; first < dataset.size(); first += kImagesAtOnce) {
    const Batch batch = slice(dataset, normalization, first, kImagesAtOnce, device);
    parts.push_back(soft_labels(learner, experts, batch.x, temperature).cpu());
  }
  return at::cat(parts);
}

}  // namespace gtn
