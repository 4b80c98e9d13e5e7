#include "gtn/core/short_waits.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace gtn {
namespace {

int64_t threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

TEST(ShortWaits, keep_more_threads_than_cores_unless_the_environment_says_how_long_to_wait) {
  if (!std::filesystem::exists("/proc/self/task")) GTEST_SKIP() << "threads are counted in /proc";
  const int64_t before = threads();
  ::setenv("GOMP_SPINCOUNT", "2000", 1);
  keep_waits_short();
  EXPECT_EQ(threads(), before);
  ::unsetenv("GOMP_SPINCOUNT");
  ::unsetenv("OMP_WAIT_POLICY");
  keep_waits_short();
  const int64_t wanted = before + omp_get_num_procs() + 1;
  for (int i = 0; i < 500 && threads() < wanted; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(threads(), wanted);
  keep_waits_short();
  EXPECT_EQ(threads(), wanted) << "once a process";
}

}  // namespace
}  // namespace gtn
