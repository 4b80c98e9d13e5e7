// Cross-entropy against soft labels, on dual tensors.
#pragma once

#include "gtn/nets/dual.h"

namespace gtn {

struct LossGradients {
  Dual loss;         // scalar: -1/B sum_b sum_k y_bk log softmax(z_b)_k
  Dual grad_logits;  // [B, K]
  Dual grad_labels;  // [B, K]
};

// logits z [B, K], labels y [B, K]; rows of y need not sum to one.
LossGradients cross_entropy(const Dual& logits, const Dual& labels);

}  // namespace gtn
