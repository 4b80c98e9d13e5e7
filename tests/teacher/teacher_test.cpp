#include "gtn/teacher/teacher.h"

#include "tests/core/expect_error.h"
#include "tests/teacher/exact_teacher.h"

namespace gtn {
namespace {

constexpr int64_t kClasses = 3;
const Shape kImage{2, 8, 8};

TeacherConfig small(Labels labels) {
  return {.steps = 3,
          .batch = 8,
          .labels = labels,
          .lr = 0.03,
          .momentum = 0.7,
          .generator = {.noise = 4, .hidden = 6, .wide = 3, .narrow = 4}};
}

Teacher make(const TeacherConfig& config, uint64_t seed = 1) { return {config, kImage, kClasses, Key(seed), at::kCPU}; }

// Off the initial values, so that gains differ from one, biases from zero and step sizes from each other.
Teacher make_moved(const TeacherConfig& config) {
  Teacher teacher = make(config);
  std::vector<NamedTensor> params;
  for (const NamedTensor& p : teacher.params())
    params.push_back({p.name, p.tensor + 0.2 * Key(5).split(p.name).normal(p.tensor.sizes())});
  teacher.load(params);
  return teacher;
}

MetaGradient random_adjoints(const TeacherConfig& config) {
  MetaGradient result;
  result.log_lr = {0.5, -1.5, 2.5};
  result.log_momentum = {3.5, -4.5, 5.5};
  for (int64_t t = 0; t < config.steps; ++t) {
    const Key key = Key(7).split(static_cast<uint64_t>(t));
    result.x.push_back(key.split("x").normal({config.batch, 2, 8, 8}));
    result.y.push_back(10 * key.split("y").normal({config.batch, kClasses}));
  }
  return result;
}

// <dM/dx_t, x_t> + <dM/dy_t, y_t> + <dM/dlog a, log a> + ...: the function whose gradient the adjoints ask for.
double pairing(const MetaGradient& adjoints, const ExactTeacher& teacher) {
  double sum = 0;
  const std::vector<StepSize> schedule = teacher.schedule().sizes;
  for (size_t t = 0; t < adjoints.x.size(); ++t) {
    const Batch batch = teacher.batch(static_cast<int64_t>(t));
    if (adjoints.x[t].defined()) sum += scalar((batch.x * adjoints.x[t]).sum());
    if (adjoints.y[t].defined()) sum += scalar((batch.y * adjoints.y[t]).sum());
    sum += adjoints.log_lr[t] * std::log(schedule[t].lr) + adjoints.log_momentum[t] * std::log(schedule[t].momentum);
  }
  return sum;
}

TEST(Teacher, batches_are_those_of_the_definition) {
  for (const Labels labels : {Labels::onehot, Labels::learned}) {
    const Teacher teacher = make_moved(small(labels));
    const ExactTeacher exact(small(labels), kImage, kClasses, teacher);
    for (int64_t t = 0; t < teacher.steps(); ++t) {
      const Batch mine = teacher.batch(t), oracle = exact.batch(t);
      EXPECT_TRUE(at::allclose(mine.x.to(at::kDouble), oracle.x, 1e-3, 1e-4));
      EXPECT_TRUE(at::allclose(mine.y.to(at::kDouble), oracle.y, 1e-5, 1e-6));
      EXPECT_FALSE(mine.x.requires_grad() || mine.y.requires_grad());
      EXPECT_TRUE(mine.x.is_contiguous(kChannelsLast));
      EXPECT_TRUE(at::equal(mine.x, teacher.batch(t).x));
    }
    EXPECT_FALSE(at::equal(teacher.batch(0).x, teacher.batch(1).x));
  }
}

TEST(Teacher, gradients_are_the_slopes_in_every_parameter) {
  for (const Labels labels : {Labels::onehot, Labels::learned}) {
    const Teacher teacher = make_moved(small(labels));
    ExactTeacher exact(small(labels), kImage, kClasses, teacher);
    const MetaGradient adjoints = random_adjoints(small(labels));
    expect_slopes(exact, teacher.gradients(adjoints), 2e-3, [&] { return pairing(adjoints, exact); });
  }
}

TEST(Teacher, gradients_work_where_an_outer_scope_records_no_graph) {
  const Teacher teacher = make(small(Labels::onehot));
  const Tensors expected = teacher.gradients(random_adjoints(small(Labels::onehot)));
  NoGrad no_grad;
  const Tensors gradients = teacher.gradients(random_adjoints(small(Labels::onehot)));
  for (size_t i = 0; i < gradients.size(); ++i) EXPECT_TRUE(at::equal(gradients[i], expected[i]));
}

Tensor named(const Tensors& tensors, const Teacher& teacher, const std::string& name) {
  const auto found = std::ranges::find(teacher.params(), name, &NamedTensor::name);
  return tensors.at(static_cast<size_t>(found - teacher.params().begin()));
}

TEST(Teacher, gradients_of_the_step_sizes_pass_unchanged) {
  const Teacher teacher = make(small(Labels::onehot));
  const Tensors gradients = teacher.gradients(random_adjoints(small(Labels::onehot)));
  EXPECT_TRUE(at::equal(named(gradients, teacher, "curriculum.log_lr"), at::tensor({0.5, -1.5, 2.5}, at::kFloat)));
  EXPECT_TRUE(
      at::equal(named(gradients, teacher, "curriculum.log_momentum"), at::tensor({3.5, -4.5, 5.5}, at::kFloat)));
}

TEST(Teacher, a_step_without_adjoint_contributes_nothing) {
  const Teacher teacher = make(small(Labels::learned));
  const MetaGradient all = random_adjoints(small(Labels::learned));
  // A window that ends after two steps, the first of them outside it.
  const MetaGradient window{
      .x = {{}, all.x[1]}, .y = {{}, all.y[1]}, .log_lr = {0, 7}, .log_momentum = {0, 8}, .w0 = {}, .w_end = {}};
  const Tensors gradients = teacher.gradients(window);
  for (const char* name : {"curriculum.z", "curriculum.label_logits"}) {
    const Tensor part = named(gradients, teacher, name);
    EXPECT_EQ(scalar(part[0].norm()), 0.0) << name;
    EXPECT_GT(scalar(part[1].norm()), 0.0) << name;
    EXPECT_EQ(scalar(part[2].norm()), 0.0) << name;
    EXPECT_TRUE(at::equal(part[1], named(teacher.gradients(all), teacher, name)[1])) << name;
  }
  EXPECT_TRUE(at::equal(named(gradients, teacher, "curriculum.log_lr"), at::tensor({0.0, 7.0, 0.0}, at::kFloat)));
  // An image may have an adjoint where its label has none: a calibration over all batches reaches it.
  const MetaGradient image_alone{.x = {all.x[0]}, .y = {{}}, .log_lr = {0}, .log_momentum = {0}, .w0 = {}, .w_end = {}};
  const Tensors of_image = teacher.gradients(image_alone);
  EXPECT_GT(scalar(named(of_image, teacher, "curriculum.z")[0].norm()), 0.0);
  EXPECT_EQ(scalar(named(of_image, teacher, "curriculum.label_logits").norm()), 0.0);
}

TEST(Teacher, onehot_labels_are_balanced) {
  const Tensor y = make(small(Labels::onehot)).batch(2).y;
  EXPECT_TRUE(at::equal(y.argmax(1), at::tensor({0, 1, 2, 0, 1, 2, 0, 1}, at::kLong)));
  EXPECT_TRUE(at::equal(y.sum(1), at::ones({8})));
  EXPECT_EQ(scalar(y.max()), 1.0);
}

TEST(Teacher, learned_labels_start_near_onehot_ones) {
  const Tensor y = make(small(Labels::learned)).batch(1).y;
  EXPECT_TRUE(at::allclose(y.sum(1), at::ones({8})));
  EXPECT_TRUE(at::equal(y.argmax(1), at::arange(8) % kClasses));
  // softmax(5, 0, 0)
  EXPECT_NEAR(scalar(y[0][0]), 1 / (1 + 2 * std::exp(-5.0)), 1e-5);
}

TEST(Teacher, schedule_is_the_exponential_of_its_parameters) {
  Teacher teacher = make(small(Labels::onehot));
  for (const StepSize& size : teacher.schedule().sizes) {
    EXPECT_NEAR(size.lr, 0.03, 1e-7);
    EXPECT_NEAR(size.momentum, 0.7, 1e-6);
  }
  std::vector<NamedTensor> params = teacher.params();
  for (NamedTensor& p : params) {
    if (p.name == "curriculum.log_lr") p.tensor = at::tensor({0.0, -1.0, -2.0}, at::kFloat);
    if (p.name == "curriculum.log_momentum") p.tensor = at::tensor({-0.5, -1.5, 0.0}, at::kFloat);
  }
  teacher.load(params);
  const std::vector<StepSize> schedule = teacher.schedule().sizes;
  ASSERT_EQ(schedule.size(), 3u);
  EXPECT_DOUBLE_EQ(schedule[1].lr, std::exp(-1.0));
  EXPECT_DOUBLE_EQ(schedule[2].lr, std::exp(-2.0));
  EXPECT_DOUBLE_EQ(schedule[0].momentum, std::exp(-0.5));
  EXPECT_DOUBLE_EQ(schedule[2].momentum, 1.0);
}

TEST(Teacher, depends_on_its_key_alone) {
  const Teacher a = make(small(Labels::onehot)), b = make(small(Labels::onehot)), c = make(small(Labels::onehot), 2);
  EXPECT_TRUE(at::equal(a.batch(0).x, b.batch(0).x));
  EXPECT_FALSE(at::equal(a.batch(0).x, c.batch(0).x));
}

TEST(Teacher, load_takes_values_by_name_and_names_what_is_wrong) {
  Teacher teacher = make(small(Labels::learned));
  const Teacher other = make(small(Labels::learned), 2);
  std::vector<NamedTensor> params = other.params();
  std::ranges::reverse(params);
  params.push_back({"of.no.concern", at::zeros({1})});
  teacher.load(params);
  EXPECT_TRUE(at::equal(teacher.batch(1).x, other.batch(1).x));

  expect_error([&] { teacher.load(make(small(Labels::onehot)).params()); }, ErrorKind::failure,
               {"teacher: 'curriculum.label_logits' is missing", "was it written by this configuration?"});
  TeacherConfig longer = small(Labels::learned);
  longer.steps = 4;
  expect_error([&] { teacher.load(make(longer).params()); }, ErrorKind::failure,
               {"teacher: 'curriculum.z'", "another shape"});
}

}  // namespace
}  // namespace gtn
