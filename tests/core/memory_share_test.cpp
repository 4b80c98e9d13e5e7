#include "gtn/core/memory_share.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "gtn/core/error.h"

namespace gtn {
namespace {

// The most bytes held at once by so many threads that each ask for `bytes` of `free` 20 times.
int64_t most_at_once(int threads, int64_t bytes, int64_t free) {
  std::atomic<int64_t> held = 0, most = 0;
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t)
    workers.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const MemoryShare share(bytes, free);
        const int64_t now = held += bytes;
        for (int64_t before = most; before < now && !most.compare_exchange_weak(before, now);) {
        }
        std::this_thread::sleep_for(std::chrono::microseconds(200));
        held -= bytes;
      }
    });
  for (std::thread& worker : workers) worker.join();
  return most;
}

TEST(MemoryShare, is_never_promised_twice) {
  EXPECT_EQ(most_at_once(4, 60, 100), 60);
  EXPECT_LE(most_at_once(4, 40, 100), 80);
  EXPECT_EQ(most_at_once(2, 60, 120), 120) << "both fit";
}

TEST(MemoryShare, is_refused_where_it_would_not_fit_alone_and_then_holds_nothing) {
  EXPECT_THROW(MemoryShare(200, 100), Error);
  EXPECT_EQ(most_at_once(2, 60, 100), 60);
}

TEST(MemoryShare, of_an_unknown_total_all_fit) { EXPECT_EQ(most_at_once(3, 1 << 20, 0), 3 << 20); }

}  // namespace
}  // namespace gtn
