#include "gtn/teacher/learner_pool.h"

#include <limits>

#include "tests/core/expect_error.h"

namespace gtn {
namespace {

TEST(LearnerPool, keeps_a_learner_until_it_is_old) {
  LearnerPool pool(2, 3);
  EXPECT_FALSE(pool.at(0));
  pool.put(0, {"mlp", at::ones({4}), 2});
  ASSERT_TRUE(pool.at(0));
  EXPECT_EQ(pool.at(0)->age, 2);
  EXPECT_FALSE(pool.at(1));
  pool.put(0, {"mlp", at::ones({4}), 3});
  EXPECT_FALSE(pool.at(0));
}

TEST(LearnerPool, keeps_none_that_diverged) {
  LearnerPool pool(1, 3);
  pool.put(0, {"mlp", at::full({4}, std::numeric_limits<float>::quiet_NaN()), 1});
  EXPECT_FALSE(pool.at(0));
}

TEST(LearnerPool, comes_back_from_its_state) {
  LearnerPool pool(3, 5), other(3, 5);
  pool.put(1, {"flatten linear(classes)", at::arange(5).to(at::kFloat), 2});
  other.put(0, {"mlp", at::ones({4}), 1});
  other.load(pool.state());
  EXPECT_FALSE(other.at(0));
  ASSERT_TRUE(other.at(1));
  EXPECT_EQ(other.at(1)->learner, "flatten linear(classes)");
  EXPECT_TRUE(at::equal(other.at(1)->w, at::arange(5).to(at::kFloat)));
  EXPECT_EQ(other.at(1)->age, 2);
  auto state = pool.state();
  state.erase("pool.1.w");
  expect_error([&] { other.load(state); }, ErrorKind::failure, {"checkpoint: 'pool.1.learner'", "damaged"});
}

}  // namespace
}  // namespace gtn
