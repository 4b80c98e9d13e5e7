#include "gtn/data/real_source.h"

#include <algorithm>
#include <stdexcept>

#include "gtn/core/error.h"

namespace gtn {
namespace {

Tensor soft_labels(const Tensor& labels, int64_t classes) { return at::one_hot(labels, classes).to(at::kFloat); }

}  // namespace

RealSource::RealSource(const Dataset& dataset, const Normalization& normalization, int64_t batch_size, Key key,
                       Sampling sampling, at::Device device, const Tensor& targets)
    : images_(dataset.images.to(device)),
      labels_(dataset.labels.to(device)),
      normalization_(normalization.to(device)),
      classes_(dataset.classes()),
      batch_size_(batch_size),
      key_(key),
      sampling_(sampling) {
  set_targets(targets);
  if (batch_size < 1) throw usage_error("batch size", "must be at least 1, not " + std::to_string(batch_size));
  if (sampling == Sampling::by_epoch && batch_size > dataset.size())
    throw usage_error("batch size", std::to_string(batch_size) + " is more than the " + std::to_string(dataset.size()) +
                                        " images of an epoch; choose less, or sample with replacement");
  if (sampling != Sampling::balanced) return;
  for (int64_t k = 0; k < classes_; ++k) {
    by_class_.push_back(at::nonzero(dataset.labels == k).flatten());
    if (by_class_.back().numel() == 0 && k < batch_size)
      throw usage_error("batches", "cannot be balanced: class '" + dataset.class_names[static_cast<size_t>(k)] +
                                       "' of " + dataset.name + " has no image");
  }
}

void RealSource::set_targets(const Tensor& targets) {
  if (targets.defined() && (targets.scalar_type() != at::kFloat || targets.dim() != 2 ||
                            targets.size(0) != images_.size(0) || targets.size(1) != classes_))
    throw std::invalid_argument("RealSource: targets must be float32 " + to_string(Shape{images_.size(0), classes_}) +
                                ", not " + to_string(shape_of(targets)));
  targets_ = targets.defined() ? targets.to(images_.device()) : targets;
}

Tensor RealSource::indices(int64_t step) const {
  if (step < 0) throw std::out_of_range("RealSource: step must not be negative");
  if (sampling_ == Sampling::with_replacement)
    return key_.split(static_cast<uint64_t>(step)).integers(batch_size_, images_.size(0));
  if (sampling_ == Sampling::balanced) {
    const Tensor drawn = key_.split(static_cast<uint64_t>(step)).uniform({batch_size_}, 0, 1).to(at::kDouble);
    Tensor chosen = at::empty({batch_size_}, at::kLong);
    for (int64_t b = 0; b < batch_size_; ++b) {
      const Tensor& images = by_class_[static_cast<size_t>(b % classes_)];
      const auto place = static_cast<int64_t>(scalar(drawn[b]) * static_cast<double>(images.numel()));
      chosen[b] = images[std::min(place, images.numel() - 1)];
    }
    return chosen;
  }
  const int64_t per_epoch = images_.size(0) / batch_size_;
  const Tensor order = key_.split(static_cast<uint64_t>(step / per_epoch)).permutation(images_.size(0));
  return order.narrow(0, step % per_epoch * batch_size_, batch_size_);
}

Batch RealSource::batch(int64_t step) const {
  const Tensor chosen = indices(step).to(images_.device());
  return {
      normalization_.apply(images_.index_select(0, chosen)),
      targets_.defined() ? targets_.index_select(0, chosen) : soft_labels(labels_.index_select(0, chosen), classes_)};
}

Batch slice(const Dataset& dataset, const Normalization& normalization, int64_t first, int64_t count,
            at::Device device) {
  if (first < 0 || first >= dataset.size() || count < 1)
    throw std::out_of_range("slice: [" + std::to_string(first) + ", +" + std::to_string(count) + ") of " +
                            std::to_string(dataset.size()) + " images");
  const int64_t length = std::min(count, dataset.size() - first);
  const Tensor labels = dataset.labels.narrow(0, first, length).to(device);
  return {normalization.apply(dataset.images.narrow(0, first, length).to(device)),
          soft_labels(labels, dataset.classes())};
}

}  // namespace gtn
