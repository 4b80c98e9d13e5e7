#include "gtn/data/real_source.h"

#include <algorithm>
#include <stdexcept>

#include "gtn/core/error.h"

namespace gtn {
namespace {

Tensor soft_labels(const Tensor& labels, int64_t classes) { return at::one_hot(labels, classes).to(at::kFloat); }

}  // namespace

RealSource::RealSource(const Dataset& dataset, const Normalization& normalization, int64_t batch_size, Key key,
                       Sampling sampling, at::Device device)
    : images_(dataset.images.to(device)),
      labels_(dataset.labels.to(device)),
      normalization_(normalization.to(device)),
      classes_(dataset.classes()),
      batch_size_(batch_size),
      key_(key),
      sampling_(sampling) {
  if (batch_size < 1) throw usage_error("batch size", "must be at least 1, not " + std::to_string(batch_size));
  if (sampling == Sampling::by_epoch && batch_size > dataset.size())
    throw usage_error("batch size", std::to_string(batch_size) + " is more than the " + std::to_string(dataset.size()) +
                                        " images of an epoch; choose less, or sample with replacement");
}

Tensor RealSource::indices(int64_t step) const {
  if (step < 0) throw std::out_of_range("RealSource: step must not be negative");
  if (sampling_ == Sampling::with_replacement)
    return key_.split(static_cast<uint64_t>(step)).integers(batch_size_, images_.size(0));
  const int64_t per_epoch = images_.size(0) / batch_size_;
  const Tensor order = key_.split(static_cast<uint64_t>(step / per_epoch)).permutation(images_.size(0));
  return order.narrow(0, step % per_epoch * batch_size_, batch_size_);
}

Batch RealSource::batch(int64_t step) const {
  const Tensor chosen = indices(step).to(images_.device());
  return {normalization_.apply(images_.index_select(0, chosen)),
          soft_labels(labels_.index_select(0, chosen), classes_)};
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
