#include "gtn/runs/interrupt.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace gtn {
namespace {

using Handler = void (*)(int);

Handler handler_of(int signal) {
  struct sigaction action = {};
  ::sigaction(signal, nullptr, &action);
  return action.sa_handler;
}

TEST(InterruptGuard, notes_the_first_signal_of_each_kind) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const InterruptGuard guard;
    EXPECT_FALSE(guard.requested());
    std::raise(signal);
    EXPECT_TRUE(guard.requested());
  }
}

TEST(InterruptGuard, the_second_signal_ends_the_process) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        const InterruptGuard guard;
        std::raise(SIGINT);
        std::raise(SIGINT);
        std::exit(0);
      },
      testing::KilledBySignal(SIGINT), "");
}

TEST(InterruptGuard, a_terminal_that_closes_hangs_up_twice) {
  const InterruptGuard guard;
  std::raise(SIGHUP);
  std::raise(SIGHUP);
  EXPECT_TRUE(guard.requested());
}

TEST(InterruptGuard, puts_the_old_handlers_back) {
  const Handler mine = [](int) {};
  std::signal(SIGINT, mine);
  {
    const InterruptGuard guard;
    EXPECT_NE(handler_of(SIGINT), mine);
    std::raise(SIGINT);
  }
  EXPECT_EQ(handler_of(SIGINT), mine);
  std::signal(SIGINT, SIG_DFL);
  EXPECT_EQ(handler_of(SIGTERM), SIG_DFL);
}

TEST(InterruptGuard, leaves_an_ignored_signal_ignored) {
  std::signal(SIGINT, SIG_IGN);
  {
    const InterruptGuard guard;
    std::raise(SIGINT);
    EXPECT_FALSE(guard.requested());
    std::raise(SIGTERM);
    EXPECT_TRUE(guard.requested());
  }
  std::signal(SIGINT, SIG_DFL);
}

TEST(InterruptGuard, lives_alone) {
  const InterruptGuard guard;
  EXPECT_THROW(InterruptGuard(), std::logic_error);
}

}  // namespace
}  // namespace gtn
