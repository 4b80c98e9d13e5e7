#include "gtn/core/random.h"

#include <gtest/gtest.h>

namespace gtn {
namespace {

TEST(Key, same_key_same_tensor_and_split_streams_differ) {
  const Key key(7);
  EXPECT_TRUE(at::equal(key.split("a").normal({64}), key.split("a").normal({64})));
  EXPECT_FALSE(at::equal(key.split("a").normal({64}), key.split("b").normal({64})));
  EXPECT_FALSE(at::equal(key.split(0).normal({64}), key.split(1).normal({64})));
  EXPECT_FALSE(at::equal(Key(7).normal({64}), Key(8).normal({64})));
}

TEST(Key, draws_are_uniform_and_in_range) {
  const Key key(3);
  int64_t counts[5] = {};
  for (uint64_t i = 0; i < 5000; ++i) ++counts[key.split(i).index(5)];
  for (const int64_t count : counts) EXPECT_NEAR(static_cast<double>(count), 1000.0, 120.0);
  EXPECT_THROW(key.index(0), std::invalid_argument);
  EXPECT_LT(key.integers(1000, 3).max().item<int64_t>(), 3);
}

}  // namespace
}  // namespace gtn
