#include "gtn/nets/loss.h"

namespace gtn {

LossGradients cross_entropy(const Dual& logits, const Dual& labels) {
  const double scale = 1.0 / static_cast<double>(logits.value.size(0));
  Dual log_p{at::log_softmax(logits.value, 1), {}};
  Dual p{log_p.value.exp(), {}};
  if (logits.carries()) {
    log_p.tangent = logits.tangent - (p.value * logits.tangent).sum(1, true);
    p.tangent = p.value * log_p.tangent;
  }
  LossGradients result;
  result.grad_labels = log_p * -scale;
  result.grad_logits = (p * sum_over(labels, {1}, true) - labels) * scale;
  result.loss = sum_over(labels * result.grad_labels, {0, 1}, false);
  return result;
}

}  // namespace gtn
