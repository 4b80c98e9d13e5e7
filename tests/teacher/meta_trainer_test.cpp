// Meta-training on three classes of 8 x 8 images that a small learner can tell apart.
#include "gtn/teacher/meta_trainer.h"

#include <mutex>
#include <set>

#include "gtn/nets/spec.h"
#include "tests/core/expect_error.h"
#include "tests/core/threads.h"
#include "tests/teacher/exact_teacher.h"

namespace gtn {
namespace {

constexpr int64_t kClasses = 3;
const Shape kImage{1, 8, 8};
const char* const kSmooth = "conv(3) norm(batch) tanh avgpool(2) flatten linear(classes)";

// Class k lights up its own third of the rows. Notes which batches were asked for; on request all are the same one, or
// all or one of them have NaN in them.
class Stripes final : public BatchSource {
 public:
  explicit Stripes(int64_t batch = 32, at::ScalarType type = at::kFloat) : batch_(batch), type_(type) {}

  Batch batch(int64_t step) const override {
    {
      const std::lock_guard lock(mutex_);
      asked_.insert(step);
    }
    const Tensor labels = at::arange(batch_) % kClasses;
    Tensor x = Key(40).split(frozen ? 0 : static_cast<uint64_t>(step)).normal({batch_, 1, 8, 8});
    for (int64_t b = 0; b < batch_; ++b) x[b][0].narrow(0, 3 * (b % kClasses), 2).add_(1.0);
    if (poisoned || step == poisoned_step) x[0].fill_(std::nan(""));
    return {x.to(type_).contiguous(kChannelsLast), at::one_hot(labels, kClasses).to(type_)};
  }
  int64_t steps() const override { return -1; }

  // The batches asked for since the last call.
  std::set<int64_t> take_asked() const { return std::exchange(asked_, {}); }

  bool poisoned = false, frozen = false;
  int64_t poisoned_step = -1;

 private:
  int64_t batch_;
  at::ScalarType type_;
  mutable std::mutex mutex_;
  mutable std::set<int64_t> asked_;
};

MetaConfig small() {
  MetaConfig config;
  config.teacher = {.steps = 3, .batch = 6, .generator = {.noise = 8, .hidden = 16, .wide = 4, .narrow = 4}};
  config.population.fixed = {kSmooth, "flatten linear(8) tanh linear(classes)"};
  config.outer.iterations = 60;
  return config;
}

MetaTrainer make(const MetaConfig& config, const BatchSource& real, uint64_t seed = 1) {
  return {config, kImage, kClasses, real, Key(seed), at::kCPU};
}

using State = std::map<std::string, Tensor>;

// A copy: state() shares its memory with the trainer.
State snapshot(const MetaTrainer& trainer) {
  State copy;
  for (const auto& [name, tensor] : trainer.state()) copy[name] = tensor.clone();
  return copy;
}

std::vector<std::string> differing(const State& a, const State& b) {
  std::vector<std::string> names;
  EXPECT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a)
    if (!b.contains(name) || !at::equal(tensor, b.at(name))) names.push_back(name);
  return names;
}

std::vector<MetaStep> run(MetaTrainer& trainer, int64_t steps) {
  std::vector<MetaStep> done;
  for (int64_t i = 0; i < steps; ++i) done.push_back(trainer.step());
  return done;
}

TEST(MetaGradient, is_the_slope_of_the_real_loss_in_every_parameter_of_the_teacher) {
  TeacherConfig config = small().teacher;
  config.labels = Labels::learned;
  config.lr = 0.3;
  Teacher teacher(config, kImage, kClasses, Key(2), at::kCPU);
  std::vector<NamedTensor> params;  // off the initial values, so that no two steps are of one size
  for (const NamedTensor& p : teacher.params())
    params.push_back({p.name, p.tensor + 0.2 * Key(5).split(p.name).normal(p.tensor.sizes())});
  teacher.load(params);
  ExactTeacher exact(config, kImage, kClasses, teacher);
  const auto net = make_net(kSmooth, kImage, kClasses);
  const Tensor w0 = net->initial(Key(3));
  const Stripes real(16), exact_real(16, at::kDouble);
  for (const MetaObjective& objective :
       {MetaObjective{{0, 3}}, MetaObjective{{0, 3}, 1}, MetaObjective{{0, 3}, 0, Calibration::all}}) {
    const Tensors gradients = teacher.gradients(meta_gradient(*net, w0, teacher, teacher.schedule(), real, objective));
    expect_slopes(exact, gradients, 1e-2, [&] {
      return meta_gradient(*net, w0.to(at::kDouble), exact, exact.schedule(), exact_real, objective).total_loss;
    });
  }
}

TEST(MetaTrainer, takes_one_adam_step_against_the_meta_gradient) {
  MetaConfig config = small();
  config.population.fixed = {kSmooth};
  const Stripes real;
  MetaTrainer trainer = make(config, real);
  // The same by hand; the names of the key are what makes a run reproducible.
  const auto net = make_net(kSmooth, kImage, kClasses);
  const Tensor w0 = net->initial(Key(1).split("iteration").split(0).split("initial"));
  const Teacher& teacher = trainer.teacher();
  const MetaGradient adjoints = meta_gradient(*net, w0, teacher, teacher.schedule(), real, {{0, 3}});
  const Tensors gradients = teacher.gradients(adjoints);
  const State before = snapshot(trainer);

  const MetaStep step = trainer.step();
  EXPECT_EQ(step.iteration, 0);
  EXPECT_EQ(step.learner, net->text());
  EXPECT_EQ(step.judged_after, 3);
  EXPECT_DOUBLE_EQ(step.lr, 0.01);
  EXPECT_NEAR(step.loss, adjoints.loss, 1e-5);
  EXPECT_FALSE(step.clipped || step.rolled_back);
  double square = 0;
  for (size_t i = 0; i < gradients.size(); ++i) {
    const NamedTensor& p = teacher.params()[i];
    const Tensor& g = gradients[i];
    square += scalar(g.square().sum());
    // At the first step both averages of Adam are the gradient itself.
    EXPECT_TRUE(at::allclose(p.tensor, before.at(p.name) - 0.01 * g / (g.abs() + 1e-8), 1e-4, 1e-4)) << p.name;
  }
  EXPECT_NEAR(step.gradient_norm, std::sqrt(square), 1e-3 * std::sqrt(square));
  EXPECT_EQ(trainer.step().iteration, 1);
  EXPECT_EQ(trainer.iteration(), 2);
}

// The gradients of the first iteration's learners, each by itself. The names of their keys make a run reproducible.
// `synthetic`: the teacher's batches, where they were asked for before.
std::vector<Tensors> single_gradients(const MetaConfig& config, const Teacher& teacher, std::vector<double>& losses,
                                      const BatchSource* synthetic = nullptr) {
  std::vector<Tensors> gradients;
  const Key iteration = Key(1).split("iteration").split(0);
  for (int64_t i = 0; i < config.outer.learners; ++i) {
    const Key key = i == 0 ? iteration : iteration.split("learners").split(static_cast<uint64_t>(i));
    const auto net = make_net(sample_learner(config.population, key.split("learner")), kImage, kClasses);
    std::vector<Batch> batches;
    for (int64_t t = 0; t <= config.teacher.steps; ++t)
      batches.push_back(Stripes().batch(i * (config.teacher.steps + 1) + t));
    const MetaGradient adjoints =
        meta_gradient(*net, net->initial(key.split("initial")), synthetic ? *synthetic : teacher, teacher.schedule(),
                      StoredBatches(batches), {{0, config.teacher.steps}, config.unroll.loss_every});
    losses.push_back(adjoints.loss);
    gradients.push_back(teacher.gradients(adjoints));
  }
  return gradients;
}

// Adam's first step goes by the sign and hardly by the size of the gradient; its mean tells it, (1 - beta1) g.
void expect_moved_along_mean(const MetaTrainer& trainer, const std::vector<Tensors>& gradients,
                             const std::vector<size_t>& of) {
  const State state = trainer.state();
  for (size_t p = 0; p < gradients[0].size(); ++p) {
    Tensor mean = at::zeros_like(gradients[0][p]);
    for (const size_t i : of) mean += gradients[i][p] / static_cast<double>(of.size());
    const Tensor moved = state.at("adam.mean." + std::to_string(p)) / 0.1;
    EXPECT_TRUE(at::allclose(moved, mean, 1e-3, 1e-5 * scalar(mean.abs().max()))) << p;
  }
}

MetaConfig three_learners() {
  MetaConfig config = small();
  config.teacher.labels = Labels::learned;
  config.outer.learners = 3;
  return config;
}

TEST(MetaTrainer, several_learners_move_the_teacher_along_the_mean_of_their_gradients) {
  MetaConfig config = three_learners();
  config.unroll.loss_every = 2;
  const Stripes real;
  MetaTrainer trainer = make(config, real);
  std::vector<double> losses;
  const std::vector<Tensors> gradients = single_gradients(config, trainer.teacher(), losses);
  const MetaStep step = trainer.step();
  expect_moved_along_mean(trainer, gradients, {0, 1, 2});
  EXPECT_NEAR(step.loss, (losses[0] + losses[1] + losses[2]) / 3, 1e-5);
  EXPECT_EQ(std::ranges::count(step.learner, ';'), 2);
  EXPECT_EQ(step.left_out, 0);
  EXPECT_FALSE(step.rolled_back);
}

TEST(MetaTrainer, a_learner_that_is_not_finite_is_left_out_of_the_mean) {
  const MetaConfig config = three_learners();
  Stripes real;
  real.poisoned_step = 7;  // after three steps, the second learner's four batches begin with 4
  MetaTrainer trainer = make(config, real);
  std::vector<double> losses;
  const std::vector<Tensors> gradients = single_gradients(config, trainer.teacher(), losses);
  const MetaStep step = trainer.step();
  expect_moved_along_mean(trainer, gradients, {0, 2});
  EXPECT_NEAR(step.loss, (losses[0] + losses[2]) / 2, 1e-5);
  EXPECT_EQ(step.left_out, 1);
  EXPECT_FALSE(step.rolled_back);
  real.poisoned = true;
  const MetaStep bad = trainer.step();
  EXPECT_TRUE(bad.rolled_back);
  EXPECT_EQ(bad.left_out, 3);
  EXPECT_FALSE(std::isfinite(bad.loss));
}

// The generator has all threads in either case, so it is the learners' own part that is compared.
TEST(MetaTrainer, several_learners_side_by_side_have_the_bits_of_one_thread_each) {
  const Threads scope(2);
  const MetaConfig config = three_learners();
  const Stripes real;
  const auto trainer_with = [&](int64_t memory) {
    return MetaTrainer(config, kImage, kClasses, real, Key(1), at::kCPU, memory);
  };
  MetaTrainer trainer = trainer_with(0), recording = trainer_with(1 << 20);
  const StoredBatches synthetic(trainer.teacher(), config.teacher.steps);
  at::set_num_threads(1);
  std::vector<double> losses;
  single_gradients(config, trainer.teacher(), losses, &synthetic);
  at::set_num_threads(2);
  EXPECT_EQ(trainer.step().loss, (losses[0] + losses[1] + losses[2]) * (1.0 / 3));
  run(trainer, 3);
  run(recording, 4);
  EXPECT_THAT(differing(trainer.state(), recording.state()), testing::IsEmpty()) << "memory changes no bit";
}

TEST(MetaTrainer, lowers_the_loss_of_fresh_learners) {
  const Stripes real;
  MetaConfig config = small();
  config.teacher.lr = 0.1;
  config.outer.lr = 0.03;
  MetaTrainer trainer = make(config, real);
  const std::vector<MetaStep> steps = run(trainer, 60);
  const auto mean = [&](size_t first) {
    double sum = 0;
    for (size_t i = first; i < first + 10; ++i) sum += steps[i].loss;
    return sum / 10;
  };
  EXPECT_LT(mean(50), 0.6 * mean(0));
  EXPECT_TRUE(trainer.done());
  EXPECT_EQ(trainer.rolled_back(), 0);
}

TEST(MetaTrainer, judges_every_learner_on_batches_of_its_own) {
  for (const int64_t learners : {1, 2}) {
    MetaConfig config = small();
    config.unroll.loss_every = 1;
    config.outer.learners = learners;
    const Stripes real;
    MetaTrainer trainer = make(config, real);
    std::set<int64_t> before;
    for (int64_t i = 0; i < 4; ++i) {
      trainer.step();
      const std::set<int64_t> asked = real.take_asked();
      EXPECT_EQ(asked.size(), static_cast<size_t>(3 * learners));
      for (const int64_t step : asked) EXPECT_TRUE(before.insert(step).second) << "batch " << step << " served twice";
    }
  }
}

TEST(MetaTrainer, draws_learners_and_windows_afresh) {
  MetaConfig config = small();
  config.unroll.window = 1;
  const Stripes real;
  MetaTrainer trainer = make(config, real);
  std::set<std::string> learners;
  std::set<int64_t> ends;
  for (const MetaStep& step : run(trainer, 30)) {
    learners.insert(step.learner);
    ends.insert(step.judged_after);
  }
  EXPECT_EQ(learners.size(), 2u);
  EXPECT_EQ(ends, (std::set<int64_t>{1, 2, 3}));
}

TEST(MetaTrainer, teaches_a_fresh_learner_every_iteration) {
  MetaConfig config = small();
  config.population.fixed = {kSmooth};
  config.outer.lr = 1e-12;  // the teacher stays, and so do the real images: only the learner can differ
  Stripes real;
  real.frozen = true;
  MetaTrainer trainer = make(config, real);
  std::set<double> losses;
  for (const MetaStep& step : run(trainer, 4)) losses.insert(std::round(step.loss * 1e4));
  EXPECT_EQ(losses.size(), 4u);
}

class Resumed : public testing::TestWithParam<int64_t> {};

TEST_P(Resumed, goes_on_from_its_state_to_the_same_bits) {
  MetaConfig config = small();
  config.teacher.labels = Labels::learned;
  config.unroll.window = 2;
  config.outer.learners = GetParam();
  const Stripes real;
  MetaTrainer trainer = make(config, real);
  run(trainer, 4);
  const State saved = snapshot(trainer);
  MetaTrainer resumed = make(config, real);
  resumed.load(saved);
  EXPECT_EQ(resumed.iteration(), 4);
  const std::vector<MetaStep> a = run(trainer, 5), b = run(resumed, 5);
  EXPECT_THAT(differing(trainer.state(), resumed.state()), testing::IsEmpty());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].loss, b[i].loss);
    EXPECT_EQ(a[i].iteration, b[i].iteration);
    EXPECT_EQ(a[i].learner, b[i].learner);
  }
  EXPECT_THAT(differing(saved, trainer.state()), testing::SizeIs(saved.size()));  // everything moved
}

INSTANTIATE_TEST_SUITE_P(MetaTrainer, Resumed, testing::Values(1, 3));

TEST(MetaTrainer, depends_on_its_key_alone) {
  const Stripes real;
  MetaTrainer a = make(small(), real), b = make(small(), real), c = make(small(), real, 2);
  for (MetaTrainer* trainer : {&a, &b, &c}) run(*trainer, 3);
  EXPECT_THAT(differing(a.state(), b.state()), testing::IsEmpty());
  EXPECT_GT(differing(a.state(), c.state()).size(), 5u);
}

TEST(MetaTrainer, rolls_back_an_iteration_that_is_not_finite) {
  Stripes real;
  MetaTrainer trainer = make(small(), real);
  run(trainer, 2);
  const State before = snapshot(trainer);
  real.poisoned = true;
  const MetaStep bad = trainer.step();
  real.poisoned = false;
  EXPECT_TRUE(bad.rolled_back);
  EXPECT_FALSE(std::isfinite(bad.loss));
  EXPECT_EQ(trainer.rolled_back(), 1);
  EXPECT_EQ(trainer.iteration(), 3);
  EXPECT_THAT(differing(before, trainer.state()), testing::ElementsAre("trainer.counters"));
  const MetaStep good = trainer.step();
  EXPECT_FALSE(good.rolled_back);
  EXPECT_TRUE(std::isfinite(good.loss));
  EXPECT_EQ(trainer.rolled_back(), 1);
  EXPECT_GT(differing(before, trainer.state()).size(), 5u);
  MetaTrainer resumed = make(small(), real);
  resumed.load(trainer.state());
  EXPECT_EQ(resumed.rolled_back(), 1);
}

TEST(MetaTrainer, refuses_the_state_of_another_configuration) {
  const Stripes real;
  MetaTrainer trainer = make(small(), real);
  MetaConfig config = small();
  config.teacher.generator.hidden = 17;
  expect_error([&] { trainer.load(make(config, real).state()); }, ErrorKind::failure,
               {"'generator.linear1'", "another shape", "was it written by this configuration?"});
  State state = snapshot(trainer);
  state.erase("adam.square.3");
  expect_error([&] { trainer.load(state); }, ErrorKind::failure, {"checkpoint: 'adam.square.3' is missing"});
  state = snapshot(trainer);
  state["trainer.counters"] = at::zeros({2});
  expect_error([&] { trainer.load(state); }, ErrorKind::failure, {"checkpoint: 'trainer.counters' is damaged"});
  state.erase("trainer.counters");
  expect_error([&] { trainer.load(state); }, ErrorKind::failure, {"'trainer.counters' is missing"});
}

TEST(MetaTrainer, refuses_learners_that_do_not_fit_the_image) {
  const Stripes real;
  MetaConfig config = small();
  config.population.fixed = {kSmooth, "maxpool(4) maxpool(4) flatten linear(classes)"};
  expect_error([&] { make(config, real); }, ErrorKind::usage, {"maxpool(4)", "window is larger"});
  config.population.fixed.clear();
  config.population.pools.clear();
  expect_error([&] { make(config, real); }, ErrorKind::usage, {"population: pools is empty"});
}

}  // namespace
}  // namespace gtn
