// The one noun of training: a batch, and a source of batches. To the inner loop a learned curriculum and a data set are
// the same thing.
#pragma once

#include "gtn/core/tensor.h"

namespace gtn {

struct Batch {
  Tensor x;  // images [B, C, H, W], float, in the normalised units that a learner sees, channels-last in memory
  Tensor y;  // soft labels [B, K], float, each row sums to one
};

class BatchSource {
 public:
  virtual ~BatchSource() = default;

  // The batch of step `step` >= 0: a pure function of it, so that a backward sweep can ask again instead of storing.
  virtual Batch batch(int64_t step) const = 0;

  // How many different steps there are; a source without end says -1.
  virtual int64_t steps() const = 0;
};

}  // namespace gtn
