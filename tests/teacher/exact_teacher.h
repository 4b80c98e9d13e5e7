// The teacher by its definition, in float64: what the tests differentiate by central differences, where the teacher's
// own float32 would drown them in rounding.
#pragma once

#include "gtn/teacher/teacher.h"

namespace gtn {

class ExactTeacher final : public BatchSource {
 public:
  // Takes its parameters from `teacher`, which was made of the same configuration.
  ExactTeacher(const TeacherConfig& config, const Shape& image, int64_t classes, const Teacher& teacher)
      : config_(config), classes_(classes), generator_(config.generator, image, classes) {
    for (const NamedTensor& p : teacher.params()) params_.push_back({p.name, p.tensor.to(at::kDouble)});
  }

  Batch batch(int64_t step) const override {
    const Tensor classes = at::eye(classes_, at::kDouble).index_select(0, at::arange(config_.batch) % classes_);
    Tensors generator;
    for (const NamedTensor& p : params_)
      if (p.name.starts_with("generator.")) generator.push_back(p.tensor);
    const Tensor x = generator_.forward(generator, find("curriculum.z")[step], classes);
    return {x, config_.labels == Labels::learned ? at::softmax(find("curriculum.label_logits")[step], 1) : classes};
  }
  int64_t steps() const override { return config_.steps; }

  Schedule schedule() const {
    Schedule result{.sizes = {}, .optimizer = config_.optimizer};
    for (int64_t t = 0; t < config_.steps; ++t)
      result.sizes.push_back(
          {std::exp(scalar(find("curriculum.log_lr")[t])), std::exp(scalar(find("curriculum.log_momentum")[t]))});
    return result;
  }

  // The slope of `value` (of this teacher) when parameter `index` moves along `direction`.
  template <class Value>
  double slope(size_t index, const Tensor& direction, Value&& value) {
    constexpr double kStep = 1e-6;
    Tensor& p = params_[index].tensor;
    const Tensor middle = p;
    p = middle + kStep * direction;
    const double above = value();
    p = middle - kStep * direction;
    const double below = value();
    p = middle;
    return (above - below) / (2 * kStep);
  }

  const std::vector<NamedTensor>& params() const { return params_; }

 private:
  const Tensor& find(const std::string& name) const {
    return std::ranges::find(params_, name, &NamedTensor::name)->tensor;
  }

  TeacherConfig config_;
  int64_t classes_;
  Generator generator_;
  std::vector<NamedTensor> params_;
};

// Expects that `gradients`, one for each parameter, have the slopes of `value` along two random directions each, to
// `tolerance` of the slope that a random direction has.
template <class Value>
void expect_slopes(ExactTeacher& exact, const Tensors& gradients, double tolerance, Value&& value) {
  ASSERT_EQ(gradients.size(), exact.params().size());
  for (size_t i = 0; i < gradients.size(); ++i) {
    const std::string name = exact.params()[i].name;
    const Tensor gradient = gradients[i].to(at::kDouble);
    ASSERT_EQ(gradient.sizes(), exact.params()[i].tensor.sizes()) << name;
    EXPECT_GT(scalar(gradient.norm()), 0.0) << name;
    for (uint64_t seed = 0; seed < 2; ++seed) {
      const Tensor direction = Key(seed).split(name).normal(gradient.sizes()).to(at::kDouble);
      EXPECT_NEAR(scalar((gradient * direction).sum()), exact.slope(i, direction, value),
                  tolerance * scalar(gradient.norm()))
          << name;
    }
  }
}

}  // namespace gtn
