#include "gtn/unroll/for_learners.h"

#include "gtn/core/side_by_side.h"

namespace gtn {
namespace {

// Multiply-adds of a step up to which two learners side by side, one thread each, were faster than one after the other
// with two threads. Convolutions of 16 and 32 features on 50 images of 28 x 28 (150 million) gain, base_fc on 128 (6
// billion) does not; the measurements are in docs/decisions/0008-threads-across-learners.md.
constexpr int64_t kSmallStep = 500'000'000;

}  // namespace

bool is_small_step(const Learner& learner, int64_t batch) {
  const int64_t work = learner.plain_multiply_adds();
  return work > 0 && work * batch <= kSmallStep;
}

int64_t learners_at_once(const Learner& learner, int64_t batch, int64_t count) {
  return is_small_step(learner, batch) ? tasks_at_once(count) : 1;
}

void for_learners(const std::vector<const Learner*>& learners, int64_t batch,
                  const std::function<void(size_t, int64_t)>& task) {
  std::vector<size_t> small, large;
  for (size_t i = 0; i < learners.size(); ++i) (is_small_step(*learners[i], batch) ? small : large).push_back(i);
  const auto count = static_cast<int64_t>(small.size());
  const int64_t at_once = tasks_at_once(count);
  side_by_side(count, [&](int64_t i) { task(small[static_cast<size_t>(i)], at_once); });
  for (const size_t i : large) task(i, 1);
}

}  // namespace gtn
