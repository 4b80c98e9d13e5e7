// What every learner and every layer must hold to, by one call. A person who adds a layer calls
// expect_layer_contract().
#pragma once

#include "gtn/nets/autograd_net.h"

namespace gtn {

struct ContractCase {
  Shape input{2, 8, 8};
  int64_t batch = 5;
  int64_t classes = 3;
  bool smooth = false;  // no kinks: central differences in float64 apply as well
};

// First derivative, Hessian-vector and mixed products, and the evaluation gradient with its statistics, against
// autograd (relative error at most 1e-5 in float32, 1e-9 in float64) and, for smooth nets, against central differences
// in float64.
void expect_learner_contract(const std::shared_ptr<const Net>& net, const ContractCase& contract);

// The same for a learner text.
void expect_text_contract(const std::string& text, const ContractCase& contract);

// The same for one layer, set between layers with parameters so that its input carries a tangent and its output is
// used.
void expect_layer_contract(const LayerPtr& layer, const ContractCase& contract);

// |a - b| / |b|
double relative_error(const Tensor& a, const Tensor& b);

}  // namespace gtn
