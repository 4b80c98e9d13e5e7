// What the forecast counts and how it grows; tests/cli/memory_test.cpp holds it against what the program takes.
#include "gtn/teacher/memory_forecast.h"

#include <gmock/gmock.h>

#include "gtn/nets/spec.h"
#include "tests/core/expect_error.h"

namespace gtn {
namespace {

constexpr int64_t kClasses = 10;
constexpr int64_t kPlenty = int64_t{1} << 40;
const Shape kImage{1, 28, 28};

class Noise final : public BatchSource {
 public:
  explicit Noise(int64_t batch)
      : batch_{Key(3).normal({batch, 1, 28, 28}).contiguous(kChannelsLast),
               at::one_hot(at::arange(batch) % kClasses, kClasses).to(at::kFloat)} {}
  Batch batch(int64_t) const override { return batch_; }
  int64_t steps() const override { return -1; }

 private:
  Batch batch_;
};

MetaConfig config_of(const std::string& learner, int64_t steps, int64_t batch) {
  MetaConfig config;
  config.teacher.steps = steps;
  config.teacher.batch = batch;
  config.population.fixed = {learner};
  config.real_batch = 128;
  return config;
}

const char* const kSmall =
    "conv(16) norm(batch) relu maxpool(2) conv(32) norm(batch) relu maxpool(2) flatten linear(classes)";

TEST(MemoryForecast, counts_what_is_stored_exactly) {
  MetaConfig config = config_of("mlp", 6, 20);
  config.teacher.labels = Labels::learned;
  const MetaTrainer trainer(config, kImage, kClasses, Noise(1), Key(1), at::kCPU);
  int64_t params = 0;
  for (const NamedTensor& p : trainer.teacher().params()) params += p.tensor.numel();
  const auto net = make_net("mlp", kImage, kClasses);
  MemoryForecast forecast = forecast_memory(config, kImage, kClasses, kPlenty);
  EXPECT_EQ(forecast.teacher, 4 * 3 * params);
  EXPECT_EQ(forecast.trajectory, 4 * 2 * 7 * net->parameter_count());
  EXPECT_EQ(forecast.batches, 4 * 2 * 6 * 20 * (28 * 28 + kClasses));
  EXPECT_EQ(forecast.records, 6 * net->record_bytes(20));
  config.unroll.window = 2;
  forecast = forecast_memory(config, kImage, kClasses, kPlenty);
  EXPECT_EQ(forecast.trajectory, 4 * 2 * 3 * net->parameter_count());
  EXPECT_EQ(forecast.batches, 4 * (6 + 2) * 20 * (28 * 28 + kClasses));
  EXPECT_EQ(forecast.kept, 2);
  for (const InnerOptimizer optimizer : {InnerOptimizer::rmsprop, InnerOptimizer::adam}) {
    config.teacher.optimizer = optimizer;  // mean squares and gradients besides
    EXPECT_EQ(forecast_memory(config, kImage, kClasses, kPlenty).trajectory, 4 * 4 * 3 * net->parameter_count());
  }
}

TEST(MemoryForecast, records_get_what_the_rest_leaves) {
  const MetaConfig config = config_of(kSmall, 8, 50);
  const MemoryForecast nothing = forecast_memory(config, kImage, kClasses, 0);
  EXPECT_EQ(nothing.kept, 0);
  EXPECT_EQ(nothing.record_room, 0);
  EXPECT_EQ(nothing.total(), nothing.least());
  const int64_t rest = nothing.teacher + nothing.batches + nothing.unroll();
  const int64_t record = make_net(kSmall, kImage, kClasses)->record_bytes(50);
  EXPECT_EQ(forecast_memory(config, kImage, kClasses, rest + 3 * record - 1).kept, 2);
  const MemoryForecast three = forecast_memory(config, kImage, kClasses, rest + 3 * record);
  EXPECT_EQ(three.kept, 3);
  EXPECT_EQ(three.record_room, 3 * record);
  EXPECT_EQ(three.least(), nothing.total());
  EXPECT_EQ(three.teacher + three.batches + three.unroll(), rest + 3 * record);
  EXPECT_EQ(forecast_memory(config, kImage, kClasses, kPlenty).kept, 8);
}

TEST(MemoryForecast, grows_with_steps_batch_width_and_images_to_judge) {
  const auto learner = [](int64_t width) {
    return "conv(" + std::to_string(width) + ") norm(batch) relu maxpool(2) gap linear(classes)";
  };
  const auto total = [&](int64_t steps, int64_t batch, int64_t width, int64_t real = 64, int64_t validation = 0) {
    MetaConfig config = config_of(learner(width), steps, batch);
    config.real_batch = real;
    config.teacher.generator = {.noise = 8, .hidden = 16, .wide = 4, .narrow = 4};
    return forecast_memory(config, kImage, kClasses, kPlenty, validation).total();
  };
  const int64_t base = total(8, 32, 16);
  EXPECT_GT(total(9, 32, 16), base);
  EXPECT_GT(total(8, 33, 16), base);
  EXPECT_GT(total(8, 32, 17), base);
  EXPECT_GT(total(8, 32, 16, 4000), base);
  EXPECT_GT(total(8, 32, 16, 64, 50000), base);
}

TEST(MemoryForecast, of_a_family_is_that_of_its_largest_learner) {
  MetaConfig config = config_of("", 4, 20);
  config.population = {};
  const MemoryForecast family = forecast_memory(config, kImage, kClasses, 0);
  for (uint64_t i = 0; i < 100; ++i) {
    MetaConfig one = config;
    one.population.fixed = {sample_learner(config.population, Key(4).split(i))};
    const MemoryForecast forecast = forecast_memory(one, kImage, kClasses, 0);
    EXPECT_LE(forecast.unroll(), family.unroll()) << one.population.fixed[0];
  }
  config.population.norms.clear();
  expect_error([&] { forecast_memory(config, kImage, kClasses, 0); }, ErrorKind::usage, {"norms is empty"});
}

}  // namespace
}  // namespace gtn
