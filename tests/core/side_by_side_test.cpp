#include "gtn/core/side_by_side.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <atomic>
#include <limits>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "tests/core/threads.h"

namespace gtn {
namespace {

// Waits until `count` threads have come; false where they do not within a time in which any machine would.
bool meet(std::atomic<int>& come, int count) {
  ++come;
  for (int i = 0; i < 30000 && come < count; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return come >= count;
}

TEST(SideBySide, calls_each_task_once) {
  for (const int threads : {1, 2, 3}) {
    const Threads scope(threads);
    for (const int64_t count : {0, 1, 2, 3, 40}) {
      std::vector<std::atomic<int>> calls(static_cast<size_t>(count));
      side_by_side(count, [&](int64_t i) { ++calls.at(static_cast<size_t>(i)); });
      for (const auto& n : calls) EXPECT_EQ(n, 1);
    }
  }
}

TEST(SideBySide, runs_as_many_at_once_as_there_are_threads) {
  const Threads scope(2);
  EXPECT_EQ(tasks_at_once(0), 1);
  EXPECT_EQ(tasks_at_once(1), 1);
  EXPECT_EQ(tasks_at_once(2), 2);
  EXPECT_EQ(tasks_at_once(5), 2);
  std::atomic<int> come = 0;
  std::atomic<bool> met = true;
  side_by_side(2, [&](int64_t) {
    if (!meet(come, 2)) met = false;
  });
  EXPECT_TRUE(met) << "the second task waited for the first";
}

TEST(SideBySide, with_one_thread_the_tasks_run_in_order) {
  const Threads scope(1);
  std::vector<int64_t> order;
  side_by_side(4, [&](int64_t i) { order.push_back(i); });
  EXPECT_EQ(order, (std::vector<int64_t>{0, 1, 2, 3}));
}

TEST(SideBySide, a_task_beside_others_has_one_thread_and_a_single_one_has_all) {
  const Threads scope(3);
  const auto team = [] {  // threads that a library finds: asking, planning ahead, and starting a region
    int started = 0;
#pragma omp parallel
#pragma omp atomic
    ++started;
    return std::set<int>{at::get_num_threads(), omp_get_max_threads(), started};
  };
  std::mutex mutex;
  std::set<int> beside;
  std::set<int64_t> ranges;
  side_by_side(6, [&](int64_t) {
    const std::set<int> mine = team();
    at::parallel_for(0, 1000, 1, [&](int64_t begin, int64_t end) {
      const std::lock_guard lock(mutex);
      ranges.insert(end - begin);
      beside.insert(mine.begin(), mine.end());
    });
  });
  EXPECT_EQ(beside, std::set<int>{1});
  EXPECT_EQ(ranges, std::set<int64_t>{1000});
  side_by_side(1, [&](int64_t) { EXPECT_EQ(team(), std::set<int>{3}); });
  EXPECT_EQ(team(), std::set<int>{3}) << "the caller has its threads again";
}

TEST(SideBySide, inside_a_task_the_inner_ones_run_where_it_does) {
  const Threads scope(2);
  std::atomic<int> elsewhere = 0, called = 0;
  side_by_side(4, [&](int64_t) {
    EXPECT_EQ(tasks_at_once(8), 1);
    const std::thread::id here = std::this_thread::get_id();
    side_by_side(8, [&](int64_t) {
      ++called;
      if (std::this_thread::get_id() != here) ++elsewhere;
    });
  });
  EXPECT_EQ(called, 32);
  EXPECT_EQ(elsewhere, 0);
}

TEST(SideBySide, throws_the_exception_of_the_lowest_index_and_begins_no_more) {
  for (const int threads : {1, 2}) {
    const Threads scope(threads);
    std::atomic<int> begun = 0, come = 0;
    const auto task = [&](int64_t i) {
      ++begun;
      if (i < 2) {
        if (threads == 2) meet(come, 2);  // so that both of them throw
        throw std::runtime_error("task " + std::to_string(i));
      }
    };
    try {
      side_by_side(1000, task);
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "task 0");
    }
    EXPECT_LE(begun, 3);
    std::atomic<int> after = 0;
    side_by_side(5, [&](int64_t) { ++after; });
    EXPECT_EQ(after, 5) << "and the threads are there for the next";
  }
}

TEST(SideBySide, a_task_sees_the_callers_autograd_mode_and_how_it_rounds_denormals) {
  const Threads scope(2);
  const auto shares = [](bool grad_mode, bool flushed) {
    std::atomic<int> come = 0, wrong = 0;
    side_by_side(2, [&](int64_t) {
      meet(come, 2);  // one of them on another thread than the caller's
      volatile float least = std::numeric_limits<float>::min();
      const bool zero = least * 0.5F == 0.0F;
      if (at::GradMode::is_enabled() != grad_mode || zero != flushed) ++wrong;
    });
    return wrong == 0;
  };
  EXPECT_TRUE(shares(true, false));
  {
    const NoGrad no_grad;
    EXPECT_TRUE(shares(false, false));
  }
  if (!at::globalContext().setFlushDenormal(true)) GTEST_SKIP() << "this processor does not flush them";
  EXPECT_TRUE(shares(true, true));
  at::globalContext().setFlushDenormal(false);
  EXPECT_TRUE(shares(true, false));
}

}  // namespace
}  // namespace gtn
