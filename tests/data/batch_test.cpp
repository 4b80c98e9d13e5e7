// Sources made of others: whose batch a step gets.
#include "gtn/data/batch.h"

#include <gtest/gtest.h>

namespace gtn {
namespace {

// Batches whose images tell which they are.
std::shared_ptr<const StoredBatches> counted(int64_t first, int64_t count) {
  std::vector<Batch> batches;
  for (int64_t i = 0; i < count; ++i)
    batches.push_back({at::full({1, 1, 1, 1}, static_cast<double>(first + i)), at::ones({1, 1})});
  return std::make_shared<const StoredBatches>(batches);
}

TEST(ConsecutiveBatches, takes_so_many_of_one_source_and_then_another_from_its_beginning) {
  const ConsecutiveBatches both(counted(10, 5), 3, counted(20, 2));
  std::vector<int> seen;
  for (int64_t t = 0; t < both.steps(); ++t) seen.push_back(both.batch(t).x.item<int>());
  EXPECT_EQ(seen, (std::vector{10, 11, 12, 20, 21}));
  EXPECT_THROW(both.batch(5), std::out_of_range);
}

}  // namespace
}  // namespace gtn
