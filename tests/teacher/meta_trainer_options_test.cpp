// What a meta-iteration may do beside the plain one: step sizes conditioned on the learner, learners that are warmed up
// or taught before, growing parts of the inner loop.
#include <gmock/gmock.h>

#include <cmath>

#include "gtn/nets/traits.h"
#include "gtn/teacher/meta_trainer.h"
#include "tests/core/expect_error.h"

namespace gtn {
namespace {

constexpr int64_t kClasses = 3;
const Shape kImage{1, 8, 8};

class Noise final : public BatchSource {
 public:
  explicit Noise(int64_t batch) : batch_(batch) {}
  Batch batch(int64_t step) const override {
    const Tensor x = Key(40).split(static_cast<uint64_t>(step)).normal({batch_, 1, 8, 8});
    const Tensor y = at::one_hot(at::arange(batch_) % kClasses, kClasses);
    return {(x + y.argmax(1).view({-1, 1, 1, 1})).to(at::kDouble).contiguous(kChannelsLast), y.to(at::kDouble)};
  }
  int64_t steps() const override { return -1; }

 private:
  int64_t batch_;
};

const Noise kReal(32), kExamples(6);

MetaConfig small() {
  MetaConfig config;
  config.teacher = {.steps = 3, .batch = 6, .generator = {.noise = 8, .hidden = 16, .wide = 4, .narrow = 4}};
  config.population.fixed = {"conv(3) norm(batch) tanh avgpool(2) flatten linear(classes)",
                             "conv(4, nobias) norm(mean) tanh gap linear(classes)"};
  config.outer.iterations = 20;
  return config;
}

MetaTrainer make(const MetaConfig& config, const AugmentConfig& augmentation = {}) {
  return {config, kImage, kClasses, kReal, Key(1), at::TensorOptions(at::kDouble), 0, &kExamples, augmentation};
}

using State = std::map<std::string, Tensor>;
State snapshot(const MetaTrainer& trainer) {
  State copy;
  for (const auto& [name, tensor] : trainer.state()) copy[name] = tensor.clone();
  return copy;
}

TEST(AugmentedBatches, the_teacher_moves_against_the_slope_of_the_loss_behind_them) {
  MetaConfig config = small();
  config.outer.method = OuterMethod::sgd;
  config.outer.lr = 1;
  config.outer.clip = 0;
  config.outer.learners = 2;
  for (const AugmentMode mode : {AugmentMode::all, AugmentMode::siamese}) {
    const AugmentConfig augmentation{.mode = mode, .crop = 2, .flip = true, .scale = 1.2, .contrast = 0.5};
    MetaTrainer trainer = make(config, augmentation);
    const State start = snapshot(trainer);
    const double loss = trainer.step().loss;
    const State end = snapshot(trainer);
    EXPECT_NE(loss, make(config).step().loss);
    for (const char* name : {"curriculum.z", "generator.conv2"}) {
      const Tensor direction = Key(13).split(name).normal(start.at(name).sizes()).to(at::kDouble);
      const auto loss_at = [&](double distance) {
        State state = start;
        state[name] = start.at(name) + distance * direction;
        MetaTrainer moved = make(config, augmentation);
        moved.load(state);
        return moved.step().loss;
      };
      const double slope = (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5;
      const double went = scalar(((end.at(name) - start.at(name)) * direction).sum());
      EXPECT_NEAR(went, -slope, 1e-4 * (1e-3 + std::abs(slope))) << name;
    }
  }
}

TEST(AugmentedBatches, repeat_after_a_resume_and_leave_the_kept_ones_alone) {
  const AugmentConfig augmentation{.crop = 3, .brightness = 0.5};
  MetaTrainer trainer = make(small(), augmentation), resumed = make(small(), augmentation);
  trainer.step();
  resumed.load(snapshot(trainer));
  EXPECT_EQ(trainer.step().loss, resumed.step().loss);
  // What is kept is not augmented.
  EXPECT_TRUE(at::equal(make(small(), augmentation).teacher().batch(1).x, make(small()).teacher().batch(1).x));
}

TEST(ConditionedStepSizes, move_against_the_slope_of_the_loss) {
  MetaConfig config = small();
  config.conditioned_step_sizes = true;
  config.outer.method = OuterMethod::sgd;
  config.outer.lr = 1;
  config.outer.clip = 0;
  MetaTrainer trainer = make(config);
  State start = snapshot(trainer);
  for (int64_t trait = 0; trait < start.at("population.log_multipliers").numel(); ++trait) {
    const auto loss_at = [&](double distance) {
      MetaTrainer moved = make(config);
      State state = start;
      state["population.log_multipliers"] = start.at("population.log_multipliers").clone();
      state["population.log_multipliers"][trait] += distance;
      moved.load(state);
      return moved.step().loss;
    };
    const double slope = (loss_at(0.01) - loss_at(-0.01)) / 0.02;  // multipliers are float32
    MetaTrainer once = make(config);
    once.load(start);
    once.step();
    EXPECT_NEAR(scalar(once.log_multipliers()[trait]), -slope, 1e-4 + 1e-3 * std::abs(slope)) << trait;
  }
}

TEST(ConditionedStepSizes, scale_the_schedule_of_each_learner) {
  MetaConfig config = small();
  MetaTrainer plain = make(config);
  config.conditioned_step_sizes = true;
  MetaTrainer trainer = make(config);
  State state = snapshot(trainer);
  const auto gap = std::ranges::find(trait_names(), "gap") - trait_names().begin();
  state["population.log_multipliers"] = at::zeros({static_cast<int64_t>(trait_names().size())});
  // The traits share the logarithm.
  state["population.log_multipliers"][gap] = std::log(4.0) * static_cast<double>(trait_names().size());
  trainer.load(state);
  EXPECT_NEAR(trainer.schedule_for(config.population.fixed[1]).sizes[0].lr, 4 * 0.02, 1e-6);
  EXPECT_NEAR(trainer.schedule_for(config.population.fixed[0]).sizes[0].lr, 0.02, 1e-6);
  EXPECT_NEAR(plain.schedule_for(config.population.fixed[1]).sizes[0].lr, 0.02, 1e-6);
}

std::vector<MetaConfig> options() {
  std::vector<MetaConfig> list(5, small());
  list[0].unroll.pool = 3;
  list[0].outer.learners = 2;
  list[1].unroll.warm_up = 2;
  list[2].unroll.growth = Growth::backward;
  list[2].unroll.calibration = Calibration::all;
  list[3].conditioned_step_sizes = true;
  list[3].teacher.curriculum = Curriculum::gaussian;
  list[4].teacher.images = Images::pixels;
  list[4].teacher.labels = Labels::learned;
  list[4].outer.method = OuterMethod::rmsprop;
  return list;
}

TEST(MetaTrainerOptions, go_on_from_a_state_to_the_same_bits) {
  for (const MetaConfig& config : options()) {
    MetaTrainer trainer = make(config);
    for (int i = 0; i < 5; ++i) trainer.step();
    const State saved = snapshot(trainer);
    MetaTrainer resumed = make(config);
    resumed.load(saved);
    for (int i = 0; i < 4; ++i) {
      const MetaStep a = trainer.step(), b = resumed.step();
      EXPECT_EQ(a.loss, b.loss);
      EXPECT_EQ(a.learner, b.learner);
      EXPECT_TRUE(std::isfinite(a.loss));
    }
    const State a = trainer.state(), b = resumed.state();
    ASSERT_EQ(a.size(), b.size());
    for (const auto& [name, tensor] : a) EXPECT_TRUE(at::equal(tensor, b.at(name))) << name;
  }
}

TEST(LearnerPoolInTraining, a_learner_is_taught_again_until_it_is_old) {
  MetaConfig config = small();
  config.population.fixed.resize(1);
  config.outer.lr = 1e-9;  // the teacher stays as it is
  MetaTrainer fresh = make(config);
  config.unroll.pool = 1;
  config.unroll.pool_age = 2;
  MetaTrainer pooled = make(config);
  for (int i = 0; i < 6; ++i) {  // every second time it begins where it stopped
    const double loss = fresh.step().loss, pooled_loss = pooled.step().loss;
    EXPECT_EQ(std::abs(loss - pooled_loss) < 1e-6 * loss, i % 2 == 0) << i;
    EXPECT_EQ(pooled.state().contains("pool.0.w"), i % 2 == 0) << i;
  }
}

TEST(LearnerPoolInTraining, a_state_whose_learner_does_not_fit_its_text_is_refused) {
  MetaConfig config = small();
  config.unroll.pool = 1;
  MetaTrainer trainer = make(config);
  trainer.step();
  State state = snapshot(trainer);
  state["pool.0.w"] = at::ones({3});
  expect_error([&] { trainer.load(state); }, ErrorKind::failure, {"checkpoint: learner 0 of the pool"});
}

TEST(WarmUp, gives_the_teacher_learners_that_know_the_task) {
  MetaConfig config = small();
  config.teacher.lr = 0.05;
  config.teacher.steps = 1;
  const double fresh = make(config).step().loss;
  config.unroll.warm_up = 40;
  EXPECT_LT(make(config).step().loss, 0.8 * fresh);
}

TEST(WarmUp, may_not_show_labels_that_a_semi_supervised_teacher_does_not_know) {
  MetaConfig config = small();
  config.teacher.images = Images::real;
  config.teacher.labels = Labels::semi;
  config.unroll.warm_up = 2;
  expect_error([&] { make(config); }, ErrorKind::usage, {"unroll.warm_up", "set it to 0"});
}

TEST(Traits, read_a_learner_text) {
  const auto traits = learner_traits("conv(16, k=5) norm(batch) relu maxpool(2) conv(32) relu gap linear(classes)");
  const auto of = [&](const char* name) {
    return traits.at(static_cast<size_t>(std::ranges::find(trait_names(), name) - trait_names().begin()));
  };
  EXPECT_EQ(traits.size(), trait_names().size());
  EXPECT_EQ(of("norm(batch)"), 1);
  EXPECT_EQ(of("norm(mean)"), 0);
  EXPECT_EQ(of("gap"), 1);
  EXPECT_EQ(of("no norm"), 0);
  EXPECT_DOUBLE_EQ(of("convolutions / 3"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(of("linear layers / 3"), 1.0 / 3);
  EXPECT_DOUBLE_EQ(of("log2(width) / 4"), 1);
  EXPECT_EQ(of("relu"), 1);
  const auto relu = std::ranges::find(trait_names(), "relu") - trait_names().begin();
  EXPECT_EQ(learner_traits("conv(8) leaky_relu(0.1) gap linear(classes)").at(static_cast<size_t>(relu)), 0);
}

}  // namespace
}  // namespace gtn
