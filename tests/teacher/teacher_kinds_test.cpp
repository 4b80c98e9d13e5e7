// Every kind of images, curriculum, labels and step sizes: the gradient against slopes in float64, and what each kind
// promises about its draws.
#include <gtest/gtest.h>

#include <cmath>

#include "gtn/teacher/teacher.h"
#include "tests/core/expect_error.h"

namespace gtn {
namespace {

constexpr int64_t kClasses = 3, kBatch = 7, kSteps = 4;
const Shape kImage{2, 8, 8};
const at::TensorOptions kDouble = at::TensorOptions(at::kDouble);

class Examples final : public BatchSource {
 public:
  explicit Examples(bool soft = false) : soft_(soft) {}
  Batch batch(int64_t step) const override {
    const Key key = Key(3).split(static_cast<uint64_t>(step));
    const Tensor onehot = at::one_hot(at::arange(kBatch) % kClasses, kClasses).to(at::kDouble);
    return {key.normal({kBatch, 2, 8, 8}).to(at::kDouble).contiguous(kChannelsLast),
            soft_ ? at::softmax(2 * onehot, 1) : onehot};
  }
  int64_t steps() const override { return -1; }

 private:
  bool soft_;
};

TeacherConfig config_of(Images images, Curriculum curriculum, Labels labels, StepSizes sizes = StepSizes::per_step) {
  return {.steps = kSteps,
          .batch = kBatch,
          .images = images,
          .curriculum = curriculum,
          .labels = labels,
          .step_sizes = sizes,
          .generator = {.noise = 4, .hidden = 6, .wide = 3, .narrow = 4}};
}

std::vector<TeacherConfig> kinds() {
  std::vector<TeacherConfig> list;
  for (const auto& [curriculum, name] : names_of(Curriculum{})) {
    const Labels labels = curriculum == Curriculum::none ? Labels::onehot : Labels::learned;
    list.push_back(config_of(Images::generator, curriculum, labels));
  }
  for (const Curriculum curriculum : {Curriculum::full, Curriculum::shuffled_batch, Curriculum::all_shuffled})
    list.push_back(config_of(Images::pixels, curriculum, Labels::learned, StepSizes::scalar));
  list.push_back(config_of(Images::real, Curriculum::full, Labels::onehot));
  list.push_back(config_of(Images::real, Curriculum::full, Labels::semi, StepSizes::scalar));
  const size_t once = list.size();
  for (size_t i = 0; i < once; ++i) {
    if (list[i].images == Images::real) continue;
    list.push_back(list[i]);
    list.back().batches = kSteps - 1;
  }
  return list;
}

std::string name_of(const TeacherConfig& config) {
  const auto name = [](auto value) {
    for (const auto& [v, text] : names_of(value))
      if (v == value) return std::string(text);
    return std::string();
  };
  return name(config.images) + " " + name(config.curriculum) + " " + name(config.labels) +
         (config.batches > 0 ? " again" : "");
}

const Examples kExamples;

Teacher make(const TeacherConfig& config) { return {config, kImage, kClasses, Key(1), kDouble, &kExamples}; }

MetaGradient adjoints_of(const Teacher& teacher) {
  MetaGradient result;
  for (int64_t t = 0; t < teacher.steps(); ++t) {
    const Key key = Key(7).split(static_cast<uint64_t>(t));
    result.x.push_back(key.split("x").normal({kBatch, 2, 8, 8}).to(at::kDouble));
    result.y.push_back(10 * key.split("y").normal({kBatch, kClasses}).to(at::kDouble));
    result.log_lr.push_back(0.5 + static_cast<double>(t));
    result.log_momentum.push_back(3.0 - static_cast<double>(t));
  }
  return result;
}

// The function whose gradient the adjoints ask for.
double pairing(const MetaGradient& adjoints, const Teacher& teacher, const Key& draw) {
  double sum = 0;
  const std::vector<StepSize> schedule = teacher.schedule().sizes;
  for (int64_t t = 0; t < teacher.steps(); ++t) {
    const auto i = static_cast<size_t>(t);
    const Batch batch = teacher.batch(t, draw);
    sum += scalar((batch.x * adjoints.x[i]).sum()) + scalar((batch.y * adjoints.y[i]).sum());
    sum += adjoints.log_lr[i] * std::log(schedule[i].lr) + adjoints.log_momentum[i] * std::log(schedule[i].momentum);
  }
  return sum;
}

TEST(TeacherKinds, gradients_are_the_slopes_along_random_directions) {
  for (const TeacherConfig& config : kinds()) {
    Teacher teacher = make(config);
    const Key draw(11);
    const MetaGradient adjoints = adjoints_of(teacher);
    const Tensors gradients = teacher.gradients(adjoints, draw);
    std::vector<NamedTensor> start;
    for (const NamedTensor& p : teacher.params()) start.push_back({p.name, p.tensor.clone()});
    for (size_t i = 0; i < start.size(); ++i) {  // one parameter at a time, so that none hides behind another
      const Tensor direction = Key(13).split(start[i].name).normal(start[i].tensor.sizes()).to(at::kDouble);
      const auto at_distance = [&](double distance) {
        std::vector<NamedTensor> moved = start;
        moved[i].tensor = start[i].tensor + distance * direction;
        teacher.load(moved);
        return pairing(adjoints, teacher, draw);
      };
      constexpr double kStep = 1e-6;
      const double slope = (at_distance(kStep) - at_distance(-kStep)) / (2 * kStep);
      const double expected = scalar((gradients[i] * direction).sum());
      EXPECT_NEAR(expected, slope, 1e-4 * (1 + std::abs(slope))) << name_of(config) << ", " << start[i].name;
    }
  }
}

TEST(TeacherKinds, the_gradient_of_the_auxiliary_loss_is_its_slope) {
  TeacherConfig config = config_of(Images::generator, Curriculum::full, Labels::onehot);
  config.reconstruction = 0.7;
  Teacher teacher = make(config);
  const Key draw(11);
  Tensors sums;
  std::vector<NamedTensor> start;
  for (const NamedTensor& p : teacher.params()) {
    sums.push_back(at::zeros_like(p.tensor));
    start.push_back({p.name, p.tensor.clone()});
  }
  teacher.add_reconstruction_gradients(sums, draw);
  for (size_t i = 0; i < start.size(); ++i) {
    const Tensor direction = Key(13).split(start[i].name).normal(start[i].tensor.sizes()).to(at::kDouble);
    const auto at_distance = [&](double distance) {
      std::vector<NamedTensor> moved = start;
      moved[i].tensor = start[i].tensor + distance * direction;
      teacher.load(moved);
      return teacher.reconstruction_loss(draw);
    };
    const double slope = (at_distance(1e-6) - at_distance(-1e-6)) / 2e-6;
    EXPECT_NEAR(scalar((sums[i] * direction).sum()), slope, 1e-5 * (1 + std::abs(slope))) << start[i].name;
  }
  // Learned by the generator and the encoder, not by the curriculum.
  for (size_t i = 0; i < start.size(); ++i)
    EXPECT_EQ(scalar(sums[i].abs().sum()) > 0, !start[i].name.starts_with("curriculum.")) << start[i].name;
}

TEST(TeacherKinds, count_their_parameters) {
  for (const TeacherConfig& config : kinds()) {
    int64_t count = 0;
    const Teacher teacher = make(config);
    for (const NamedTensor& p : teacher.params()) count += p.tensor.numel();
    EXPECT_EQ(teacher_parameter_count(config, kImage, kClasses), count) << name_of(config);
  }
}

TEST(TeacherKinds, a_draw_is_repeated_and_another_one_differs_where_something_is_random) {
  for (const TeacherConfig& config : kinds()) {
    const Teacher teacher = make(config);
    EXPECT_TRUE(at::equal(teacher.batch(1, Key(5)).x, teacher.batch(1, Key(5)).x)) << name_of(config);
    bool same = true;
    for (int64_t t = 0; t < kSteps; ++t)
      for (const uint64_t other : {6, 7})
        same = same && at::equal(teacher.batch(t, Key(5)).x, teacher.batch(t, Key(other)).x);
    const bool fixed = config.images != Images::real &&
                       (config.curriculum == Curriculum::full || config.curriculum == Curriculum::fixed);
    EXPECT_EQ(same, fixed) << name_of(config);
  }
}

TEST(TeacherKinds, what_is_shuffled_keeps_image_and_label_together) {
  for (const Curriculum curriculum : {Curriculum::shuffled_batch, Curriculum::all_shuffled}) {
    const Teacher ordered = make(config_of(Images::pixels, Curriculum::full, Labels::learned));
    Teacher shuffled = make(config_of(Images::pixels, curriculum, Labels::learned));
    std::vector<NamedTensor> moved = ordered.params();  // labels that differ from step to step
    for (NamedTensor& p : moved)
      if (p.name == "curriculum.label_logits") p.tensor = Key(9).normal(p.tensor.sizes()).to(at::kDouble);
    Teacher reference = make(config_of(Images::pixels, Curriculum::full, Labels::learned));
    reference.load(moved);
    shuffled.load(moved);
    for (int64_t t = 0; t < kSteps; ++t) {
      const Batch dealt = shuffled.batch(t, Key(5));
      for (int64_t b = 0; b < kBatch; ++b) {
        int64_t found = 0;
        for (int64_t s = 0; s < kSteps; ++s) {
          const Batch original = reference.batch(s);
          if (!at::equal(original.x[b], dealt.x[b])) continue;
          ++found;
          EXPECT_TRUE(at::allclose(original.y[b], dealt.y[b]));
        }
        EXPECT_EQ(found, 1);
      }
    }
  }
}

TEST(TeacherKinds, batches_are_gone_through_again_and_shuffled_anew) {
  TeacherConfig config = config_of(Images::pixels, Curriculum::full, Labels::learned);
  config.steps = 12;
  config.batches = 3;
  const Teacher ordered = make(config);
  config.curriculum = Curriculum::all_shuffled;
  const Teacher shuffled = make(config);
  Tensors rounds;
  for (int64_t t = 0; t < 12; ++t) {
    EXPECT_TRUE(at::equal(ordered.batch(t).x, kExamples.batch(t % 3).x)) << t;
    rounds.push_back(shuffled.batch(t, Key(5)).x);
  }
  const auto images = [&](size_t round) { return at::stack(at::TensorList(rounds).slice(3 * round, 3)); };
  EXPECT_FALSE(at::equal(images(0), images(1)));
  for (size_t round = 1; round < 4; ++round) EXPECT_TRUE(at::allclose(images(round).sum(0), images(0).sum(0)));
}

TEST(TeacherKinds, pixels_start_as_real_images_and_take_over_soft_labels) {
  const TeacherConfig config = config_of(Images::pixels, Curriculum::full, Labels::learned);
  const Examples soft(true);
  const Teacher teacher(config, kImage, kClasses, Key(1), kDouble, &soft);
  EXPECT_TRUE(at::equal(teacher.batch(2).x, soft.batch(2).x));
  EXPECT_TRUE(at::allclose(teacher.batch(2).y, soft.batch(2).y));
}

// One batch is as good as hard, the others are not: what experts that are sure of some images give.
class SureOnce final : public BatchSource {
 public:
  Batch batch(int64_t step) const override {
    Batch batch = kExamples.batch(step);
    if (step != 1) batch.y = at::softmax(2 * batch.y, 1);
    return batch;
  }
  int64_t steps() const override { return -1; }
};

TEST(TeacherKinds, soft_labels_are_taken_over_beside_batches_of_hard_ones) {
  const SureOnce examples;
  const Teacher teacher(config_of(Images::pixels, Curriculum::full, Labels::learned), kImage, kClasses, Key(1), kDouble,
                        &examples);
  for (int64_t t = 0; t < kSteps; ++t)
    EXPECT_TRUE(at::allclose(teacher.batch(t).y, examples.batch(t).y, 1e-5, 3e-4)) << t;
}

TEST(TeacherKinds, a_scalar_step_size_serves_every_step) {
  const Teacher teacher = make(config_of(Images::generator, Curriculum::full, Labels::onehot, StepSizes::scalar));
  ASSERT_EQ(teacher.schedule().sizes.size(), static_cast<size_t>(kSteps));
  EXPECT_NEAR(teacher.schedule().sizes[3].lr, 0.02, 1e-7);
}

TEST(TeacherKinds, settings_that_cannot_be_are_named_all_at_once) {
  TeacherConfig config = config_of(Images::real, Curriculum::fixed, Labels::learned);
  expect_error([&] { check_teacher(config); }, ErrorKind::usage, {"keep no learned labels", "follow no curriculum"});
  config = config_of(Images::generator, Curriculum::none, Labels::semi);
  expect_error([&] { check_teacher(config); }, ErrorKind::usage, {"set images = \"real\""});
  config = config_of(Images::pixels, Curriculum::full, Labels::onehot);
  config.batches = kSteps + 1;
  expect_error([&] { check_teacher(config); }, ErrorKind::usage, {"lower batches"});
  EXPECT_THROW(Teacher(config_of(Images::pixels, Curriculum::full, Labels::onehot), kImage, kClasses, Key(1), kDouble),
               std::invalid_argument);
}

TEST(Deal, uses_every_entry_once_and_keeps_places_or_batches) {
  for (const Curriculum curriculum : {Curriculum::shuffled_batch, Curriculum::all_shuffled}) {
    const Tensor order = deal(curriculum, 5, 3, Key(2));
    EXPECT_TRUE(at::equal(std::get<0>(order.flatten().sort()), at::arange(15)));
    EXPECT_TRUE(at::equal(order % 3, at::arange(3).expand({5, 3})));
    const Tensor times = at::floor_divide(order, 3);
    const bool whole = at::equal(times, times.narrow(1, 0, 1).expand({5, 3}));
    EXPECT_EQ(whole, curriculum == Curriculum::shuffled_batch);
  }
  EXPECT_FALSE(deal(Curriculum::full, 5, 3, Key(2)).defined());
}

}  // namespace
}  // namespace gtn
