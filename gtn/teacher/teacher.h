// The teacher: everything that is learned. A generator, the inputs z[t, b] it is fed at every step (the curriculum),
// soft labels where they are learned, and one log step size and log momentum a step. To the inner loop it is a
// BatchSource.
#pragma once

#include "gtn/data/batch.h"
#include "gtn/teacher/generator.h"
#include "gtn/unroll/adjoint.h"

namespace gtn {

enum class Labels {
  onehot,   // balanced: image b of every batch has class b mod K
  learned,  // softmax of learned logits, which start near the balanced one-hot ones
};
constexpr auto names_of(Labels) {
  return std::to_array<std::pair<Labels, std::string_view>>({{Labels::onehot, "onehot"}, {Labels::learned, "learned"}});
}

struct TeacherConfig {
  int64_t steps = 16;
  int64_t batch = 50;
  Labels labels = Labels::onehot;
  double lr = 0.02;  // where the learned step sizes start (the paper's figures)
  double momentum = 0.5;
  GeneratorConfig generator;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("steps", self.steps, "inner SGD steps, one synthetic batch each", at_least(1));
    field("batch", self.batch, "synthetic images in each batch", at_least(2));
    field("labels", self.labels, "onehot (balanced) or learned (soft)");
    field("lr", self.lr, "where the learned step sizes start", positive());
    field("momentum", self.momentum, "where the learned momenta start", between(1e-6, 0.999));
    field("generator", self.generator, "the generator network");
  }
};

class Teacher final : public BatchSource {
 public:
  // `image` is [C, H, W]. The parameters are drawn from `key`. `options`: their device, and their type where it is not
  // float32.
  Teacher(const TeacherConfig& config, Shape image, int64_t classes, const Key& key, const at::TensorOptions& options);

  // The synthetic batch of step t: x [B, C, H, W], y [B, K]; no autograd graph.
  Batch batch(int64_t step) const override;
  int64_t steps() const override { return config_.steps; }
  Schedule schedule() const;

  // The gradient of every parameter, given the adjoints of batches and step sizes. One pass through the generator a
  // step.
  Tensors gradients(const MetaGradient& adjoints) const;

  // The parameters, in place: what the outer optimiser moves and a checkpoint stores.
  const std::vector<NamedTensor>& params() const { return params_; }
  // Replaces their values; throws a failure that names a missing tensor or another shape.
  void load(const std::vector<NamedTensor>& params);

 private:
  // The batch of a step under these parameters, differentiable in them.
  Batch synthesise(const Tensors& params, int64_t step) const;

  TeacherConfig config_;
  Generator generator_;
  Tensor onehot_;  // [B, K]
  std::vector<NamedTensor> params_;
  size_t z_;  // where the curriculum's parameters start in params_: z, log_lr, log_momentum, label logits; before:
              // generator
};

}  // namespace gtn
