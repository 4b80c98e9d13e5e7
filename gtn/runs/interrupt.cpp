#include "gtn/runs/interrupt.h"

#include <atomic>
#include <stdexcept>

namespace gtn {
namespace {

std::atomic<bool> guarded = false;
std::atomic<bool> signalled = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch nothing else");

void note_signal(int) { signalled = true; }

struct sigaction install(int signal) {
  struct sigaction ours = {};
  ours.sa_handler = note_signal;
  ours.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);  // calls go on; the second signal meets the default
  struct sigaction old = {};
  ::sigaction(signal, nullptr, &old);
  if (old.sa_handler != SIG_IGN) ::sigaction(signal, &ours, nullptr);
  return old;
}

}  // namespace

InterruptGuard::InterruptGuard() {
  if (guarded.exchange(true)) throw std::logic_error("two InterruptGuards at once");
  signalled = false;
  old_interrupt_ = install(SIGINT);
  old_terminate_ = install(SIGTERM);
}

InterruptGuard::~InterruptGuard() {
  ::sigaction(SIGINT, &old_interrupt_, nullptr);
  ::sigaction(SIGTERM, &old_terminate_, nullptr);
  guarded = false;
}

bool InterruptGuard::requested() const { return signalled; }

}  // namespace gtn
