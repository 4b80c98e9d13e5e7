#include "gtn/teacher/curriculum.h"

namespace gtn {

Tensor deal(Curriculum curriculum, int64_t steps, int64_t batch, const Key& key) {
  const Tensor places = at::arange(batch, at::kLong);
  if (curriculum == Curriculum::shuffled_batch) return key.permutation(steps).unsqueeze(1) * batch + places;
  if (curriculum != Curriculum::all_shuffled) return {};
  return key.uniform({steps, batch}, 0, 1).argsort(int64_t{0}) * batch + places;
}

}  // namespace gtn
