// Three noisy classes of 4 x 4 images that a small learner tells apart the better the longer it is taught.
#pragma once

#include "gtn/data/real_source.h"
#include "gtn/nets/spec.h"

namespace gtn {

constexpr int64_t kRowClasses = 3;

// Class k is brighter in row k. With random labels, these have nothing to do with the images.
inline Dataset row_dataset(const Key& key, int64_t count, bool random_labels = false) {
  Tensor labels = at::arange(count, at::kLong) % kRowClasses;
  Tensor images = 128 + 30 * key.split("noise").normal({count, 1, 4, 4});
  for (int64_t k = 0; k < kRowClasses; ++k)
    images.select(2, k).add_(30 * (labels == k).to(at::kFloat).view({count, 1, 1}));
  if (random_labels) labels = key.split("labels").integers(count, kRowClasses);
  return make_dataset("rows", images.clamp(0, 255).to(at::kByte), labels, {"top", "middle", "low"});
}

inline Splits row_splits(bool random_test_labels = false) {
  const Dataset train = row_dataset(Key(1), 600);
  return {train, row_dataset(Key(2), 600), row_dataset(Key(3), 700, random_test_labels),
          measure_normalization(train.images)};
}

inline LearnerPtr row_linear() { return make_net("flatten linear(classes)", {1, 4, 4}, kRowClasses); }
inline LearnerPtr row_normed() {
  return make_net("conv(4) norm(batch) tanh flatten linear(classes)", {1, 4, 4}, kRowClasses);
}

}  // namespace gtn
