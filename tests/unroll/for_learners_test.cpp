#include "gtn/unroll/for_learners.h"

#include <gmock/gmock.h>

#include <mutex>

#include "gtn/nets/autograd_net.h"
#include "gtn/nets/spec.h"
#include "tests/core/threads.h"

namespace gtn {
namespace {

const Shape kGrey{1, 28, 28};
constexpr const char* kSmall =
    "conv(16) norm(batch) relu maxpool(2) conv(32) norm(batch) relu maxpool(2) flatten linear(classes)";

TEST(ForLearners, a_step_is_small_by_its_work) {
  const auto small = make_net(kSmall, kGrey, 10), large = make_net("base_fc", kGrey, 10);
  EXPECT_TRUE(is_small_step(*small, 50));
  EXPECT_FALSE(is_small_step(*small, 50'000));
  EXPECT_TRUE(is_small_step(*make_net("mlp", kGrey, 10), 128));
  EXPECT_FALSE(is_small_step(*large, 128));
  EXPECT_FALSE(is_small_step(autograd_of(small), 50)) << "it does not know its work";
  const Threads scope(2);
  EXPECT_EQ(learners_at_once(*small, 50, 5), 2);
  EXPECT_EQ(learners_at_once(*small, 50, 1), 1);
  EXPECT_EQ(learners_at_once(*large, 128, 5), 1);
}

TEST(ForLearners, the_small_ones_share_the_threads_and_each_large_one_has_all) {
  const Threads scope(2);
  const auto small = make_net("mlp", kGrey, 10), large = make_net("base_fc", kGrey, 10);
  std::mutex mutex;
  std::vector<std::tuple<size_t, int64_t, int>> called;  // index, at once, threads inside
  const auto visit = [&](const std::vector<const Learner*>& learners) {
    called.clear();
    for_learners(learners, 128, [&](size_t i, int64_t at_once) {
      const std::lock_guard lock(mutex);
      called.emplace_back(i, at_once, at::get_num_threads());
    });
    std::sort(called.begin(), called.end());
    return called;
  };
  using testing::ElementsAre;
  using testing::FieldsAre;
  EXPECT_THAT(visit({large.get(), small.get(), large.get(), small.get()}),
              ElementsAre(FieldsAre(0, 1, 2), FieldsAre(1, 2, 1), FieldsAre(2, 1, 2), FieldsAre(3, 2, 1)));
  EXPECT_THAT(visit({large.get(), small.get()}), ElementsAre(FieldsAre(0, 1, 2), FieldsAre(1, 1, 2)));
  EXPECT_THAT(visit({}), testing::IsEmpty());
}

// All that a meta-step computes, over and over at the same shapes, so that a primitive planned for another number of
// threads is there to be found.
TEST(ForLearners, a_learner_beside_others_gives_the_bits_of_one_thread_whatever_ran_before) {
  const auto net = make_net(kSmall, kGrey, 10);
  const Tensor w = net->initial(Key(1)), u = Key(2).normal({net->parameter_count()});
  const Tensor x = Key(3).normal({50, 1, 28, 28}).contiguous(kChannelsLast);
  const Tensor y = at::one_hot(Key(4).integers(50, 10), 10).to(at::kFloat);
  const auto compute = [&] {
    const SecondOrder second = net->second_order(w, u, x, y);
    const EvaluationGradient real = net->evaluation_gradient(w, x, y, {x});
    return Tensors{second.gradient,
                   second.w,
                   second.x,
                   second.y,
                   real.w,
                   real.calibration[0],
                   net->gradient(w, x, y).w,
                   net->logits(w, x, net->calibrate(w, {x}))};
  };
  const auto all_equal = [](const Tensors& a, const Tensors& b) {
    return std::ranges::equal(a, b, [](const Tensor& s, const Tensor& t) { return at::equal(s, t); });
  };
  const Threads scope(1);
  const Tensors alone = compute();
  at::set_num_threads(2);
  const Tensors before = compute();
  std::vector<Tensors> beside(4);
  for_learners(std::vector<const Learner*>(4, net.get()), 50, [&](size_t i, int64_t) { beside[i] = compute(); });
  for (const Tensors& one : beside) EXPECT_TRUE(all_equal(one, alone));
  EXPECT_TRUE(all_equal(compute(), before)) << "nor does anything stay behind";
}

}  // namespace
}  // namespace gtn
