#include "gtn/teacher/curriculum.h"

namespace gtn {

Tensor deal(Curriculum curriculum, int64_t steps, int64_t batch, const Key& key) {
  const Tensor places = at::arange(batch, at::kLong);
  if (curriculum == Curriculum::shuffled_batch) return key.permutation(steps).unsqueeze(1) * batch + places;
  if (curriculum != Curriculum::all_shuffled) return {};
  Tensors columns;
  for (int64_t b = 0; b < batch; ++b) columns.push_back(key.split(static_cast<uint64_t>(b)).permutation(steps));
  return at::stack(columns, 1) * batch + places;
}

}  // namespace gtn
