// The meta-step that gtn bench measures: a few inner steps on given batches, one real-data loss after the last. The
// generator is left out; it is measured apart.
#pragma once

#include "gtn/nets/net.h"
#include "gtn/unroll/adjoint.h"

namespace gtn {

// The same batch at every step.
class RepeatedBatch final : public BatchSource {
 public:
  explicit RepeatedBatch(Batch batch) : batch_(std::move(batch)) {}

  Batch batch(int64_t) const override { return batch_; }
  int64_t steps() const override { return -1; }

 private:
  Batch batch_;
};

// A random batch of images [C, H, W] with balanced labels.
Batch random_batch(const Key& key, int64_t size, const Shape& image, int64_t classes);

struct MetaProblem {
  Tensor w0;
  std::vector<Batch> synthetic;  // one a step
  Schedule schedule;
  Batch real;
};

// Random images, fresh parameters, the step sizes that a teacher starts with.
MetaProblem random_problem(const Net& net, int64_t batch, int64_t steps);

// `memory` as in MetaObjective.
MetaGradient meta_gradient(const Learner& learner, const MetaProblem& problem, int64_t memory = 0);

}  // namespace gtn
