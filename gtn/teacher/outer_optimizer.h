// The outer optimiser: Adam (Kingma and Ba, 2015), RMSprop or SGD with momentum, with a cosine schedule and clipping at
// twice the running mean of the gradient norm (Feng et al., 2023). Its whole state is a list of tensors, so that a
// resumed run takes the same bits.
#pragma once

#include "gtn/teacher/generator.h"

namespace gtn {

enum class OuterMethod {
  adam,
  sgd,      // momentum beta1
  rmsprop,  // decay beta2, momentum beta1
};
constexpr auto names_of(OuterMethod) {
  return std::to_array<std::pair<OuterMethod, std::string_view>>(
      {{OuterMethod::adam, "adam"}, {OuterMethod::sgd, "sgd"}, {OuterMethod::rmsprop, "rmsprop"}});
}

struct OuterConfig {
  OuterMethod method = OuterMethod::adam;
  int64_t iterations = 2000;
  int64_t learners = 1;  // taught in each meta-iteration; their gradients are averaged
  double lr = 0.01;
  double final_lr = 0.1;  // the cosine's end, as a share of lr
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double clip = 2.0;  // times the running mean of the gradient norm; 0: no clipping

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("method", self.method, "adam, sgd (momentum beta1) or rmsprop (decay beta2, momentum beta1)");
    field("iterations", self.iterations, "meta-iterations in all", at_least(1));
    field("learners", self.learners, "learners taught in each meta-iteration, their meta-gradients averaged",
          at_least(1));
    field("lr", self.lr, "step size of the outer optimiser", positive());
    field("final_lr", self.final_lr, "where the cosine ends, as a share of lr", between(0, 1));
    field("beta1", self.beta1, "decay of the mean gradient, or momentum", between(0, 0.999999));
    field("beta2", self.beta2, "decay of the mean square", between(0, 0.999999));
    field("epsilon", self.epsilon, "guard of the square root", positive());
    field("clip", self.clip, "gradient norm at most this times its running mean (0: no clipping)", at_least(0));
  }
};

// lr (final + (1 - final) (1 + cos(pi i / iterations)) / 2)
double cosine_lr(const OuterConfig& config, int64_t iteration);

class OuterOptimizer {
 public:
  OuterOptimizer(const OuterConfig& config, const Tensors& params);

  struct Report {
    double gradient_norm;  // before clipping
    bool clipped;
    bool finite;  // false: nothing was changed
  };
  // Updates `params` in place. A gradient that is not finite changes nothing.
  Report step(const Tensors& params, const Tensors& gradients, int64_t iteration);

  // The state, for checkpoints; it shares memory with the optimiser. load() changes nothing and throws where names or
  // shapes differ.
  std::vector<NamedTensor> state() const;
  void load(const std::vector<NamedTensor>& state);

 private:
  OuterConfig config_;
  Tensors mean_, square_;
  Tensor counters_;  // float64 [2]: updates taken, running mean of the gradient norm
};

}  // namespace gtn
