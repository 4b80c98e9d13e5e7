// The teacher: everything that is learned. Synthetic images, by a generator and the inputs z[t, b] it is fed at every
// step (the curriculum) or pixel by pixel; soft labels where they are learned; one log step size and log momentum a
// step or for all. To the inner loop it is a source of batches.
#pragma once

#include <optional>

#include "gtn/data/batch.h"
#include "gtn/teacher/curriculum.h"
#include "gtn/teacher/image_encoder.h"
#include "gtn/unroll/adjoint.h"

namespace gtn {

enum class Images {
  generator,  // a generator's answers to the curriculum (the paper)
  pixels,     // learned directly, from real images on (data set distillation; Wang et al., 2018)
  real,       // real images, drawn anew each meta-iteration; only labels or step sizes are learned: the fair baseline
};
constexpr auto names_of(Images) {
  return std::to_array<std::pair<Images, std::string_view>>(
      {{Images::generator, "generator"}, {Images::pixels, "pixels"}, {Images::real, "real"}});
}

enum class Labels {
  onehot,   // of the class an image was made for; image b of every batch has class b mod K
  learned,  // softmax of learned logits, which start near the labels of the class
  semi,     // a learned classifier's answers to the images (ImageEncoder), which are `real`
};
constexpr auto names_of(Labels) {
  return std::to_array<std::pair<Labels, std::string_view>>(
      {{Labels::onehot, "onehot"}, {Labels::learned, "learned"}, {Labels::semi, "semi"}});
}

enum class StepSizes { per_step, scalar };
constexpr auto names_of(StepSizes) {
  return std::to_array<std::pair<StepSizes, std::string_view>>(
      {{StepSizes::per_step, "per_step"}, {StepSizes::scalar, "scalar"}});
}

struct TeacherConfig {
  int64_t steps = 16;
  int64_t batch = 50;
  int64_t batches = 0;
  Images images = Images::generator;
  Curriculum curriculum = Curriculum::full;
  Labels labels = Labels::onehot;
  StepSizes step_sizes = StepSizes::per_step;
  InnerOptimizer optimizer = InnerOptimizer::sgd;
  double reconstruction = 0;  // weight of the auxiliary loss
  double lr = 0.02;           // where the learned step sizes start (the paper's figures)
  double momentum = 0.5;
  GeneratorConfig generator;

  // How many batches are kept: step t trains on number t mod this.
  int64_t kept() const { return batches > 0 ? batches : steps; }

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("steps", self.steps, "inner steps, one synthetic batch each", at_least(1));
    field("batch", self.batch, "synthetic images in each batch", at_least(2));
    field("batches", self.batches,
          "different batches, gone through again and again until all steps are taken (0: one for each step)",
          at_least(0));
    field("images", self.images, "generator, pixels (learned directly, from real images on) or real");
    field("curriculum", self.curriculum, "full, fixed, gaussian, shuffled_batch, all_shuffled or none");
    field("labels", self.labels, "onehot (balanced), learned (soft) or semi (a learned classifier's, of real images)");
    field("step_sizes", self.step_sizes, "per_step, or scalar: one step size and momentum for all steps");
    field("optimizer", self.optimizer, "what an inner step does with its gradient: sgd, rmsprop or adam");
    field("reconstruction", self.reconstruction,
          "weight of an auxiliary loss: an encoder's answers to real images, from which the generator is to make them "
          "again (0: none)",
          at_least(0));
    field("lr", self.lr, "where the learned step sizes start", positive());
    field("momentum", self.momentum, "where the learned momenta start", between(1e-6, 0.999));
    field("generator", self.generator, "the generator network");
  }
};

// Throws a usage error listing every pair of settings that cannot be.
void check_teacher(const TeacherConfig& config);

// How many numbers are learned for images [C, H, W].
int64_t teacher_parameter_count(const TeacherConfig& config, const Shape& image, int64_t classes);

class Teacher final : public BatchSource {
 public:
  // `image` is [C, H, W]. The parameters are drawn from `key`. `options`: their device, and their type where it is not
  // float32. `examples`: batches of `config.batch` real images, image b of class b mod K, where images are `pixels`
  // (which start from its first batches) or `real` (whose class does not matter where labels are
  // `semi`), or are reconstructed; it must outlive the teacher. Throws what
  // check_teacher throws, and std::invalid_argument where examples are needed and missing.
  Teacher(const TeacherConfig& config, const Shape& image, int64_t classes, const Key& key,
          const at::TensorOptions& options, const BatchSource* examples = nullptr);

  // The synthetic batch of step t in one draw of what is random: x [B, C, H, W], y [B, K]; no autograd graph. Without a
  // key: the draw that is kept, if the curriculum is materialised.
  Batch batch(int64_t step, const Key& draw) const;
  Batch batch(int64_t step) const override { return batch(step, kept_draw_); }
  int64_t steps() const override { return config_.steps; }
  Schedule schedule() const;

  // The gradient of every parameter, given the adjoints of the batches of this draw and of the step sizes. One pass
  // through the generator a step.
  Tensors gradients(const MetaGradient& adjoints, const Key& draw) const;
  Tensors gradients(const MetaGradient& adjoints) const { return gradients(adjoints, kept_draw_); }

  // Adds to `sums`, ordered as params(), the gradient of the auxiliary loss: `config.reconstruction` times the mean
  // square of G(E(x), class of x) - x over a batch of the examples chosen by the draw. Nothing where the weight is
  // zero.
  void add_reconstruction_gradients(const Tensors& sums, const Key& draw) const;
  // That loss, weighted.
  double reconstruction_loss(const Key& draw) const;

  // The parameters, in place: what the outer optimiser moves and a checkpoint stores.
  const std::vector<NamedTensor>& params() const { return params_; }
  // Replaces their values; throws a failure at `where` that names a missing tensor or another shape.
  void load(const std::vector<NamedTensor>& params, const std::string& where = "teacher");

 private:
  // Where each kind of parameter stands in params_; none where this teacher has no such.
  struct Slots {
    std::optional<size_t> z, mean, log_std, pixels, labels, labeller, encoder;
    size_t log_lr = 0, log_momentum = 0;
  };
  size_t add(NamedTensor param);
  void add_images(const Key& key, const at::TensorOptions& options);
  void add_labels(const Key& key);

  // The batch of a step under these parameters, differentiable in them.
  Batch synthesise(const Tensors& params, int64_t step, const Key& draw) const;
  Tensor reconstruct(const Tensors& params, const Key& draw) const;
  Tensor generator_input(const Tensors& params, int64_t step, const Key& draw, const Tensor& order) const;
  // The entries that serve in a step; `order` as order_of() gives it.
  Tensor entries(const Tensor& param, int64_t step, const Tensor& order) const;
  // Adds to the entries of a step what entries() took from them.
  void add_to_entries(const Tensor& sum, int64_t step, const Key& draw, const Tensor& part) const;
  // How the entries are dealt in the round that a step belongs to: deal() of the kept batches.
  Tensor order_of(int64_t step, const Key& draw) const;

  TeacherConfig config_;
  std::optional<Generator> generator_;  // where it makes the images
  ImageEncoder labeller_, encoder_;
  const BatchSource* examples_;
  Key kept_draw_;
  Tensor onehot_;                    // [B, K]
  Tensor fixed_;                     // [kept, B, noise] where the curriculum is fixed
  std::vector<NamedTensor> params_;  // the generator's come first
  size_t generator_params_ = 0;
  Slots slots_;
};

}  // namespace gtn
