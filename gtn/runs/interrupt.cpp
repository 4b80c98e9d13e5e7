#include "gtn/runs/interrupt.h"

#include <atomic>
#include <stdexcept>
#include <tuple>

namespace gtn {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};

std::atomic<bool> guarded = false;
std::atomic<bool> signalled = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch nothing else");

void note_signal(int) { signalled = true; }

struct sigaction install(int signal) {
  struct sigaction ours = {};
  ours.sa_handler = note_signal;
  // Calls go on. The second Ctrl-C meets the default; of hang-ups a closing terminal sends two itself.
  ours.sa_flags = SA_RESTART | (signal == SIGHUP ? 0 : static_cast<int>(SA_RESETHAND));
  struct sigaction old = {};
  ::sigaction(signal, nullptr, &old);
  if (old.sa_handler != SIG_IGN) ::sigaction(signal, &ours, nullptr);
  return old;
}

}  // namespace

InterruptGuard::InterruptGuard() {
  static_assert(kSignals.size() == std::tuple_size_v<decltype(old_)>);
  if (guarded.exchange(true)) throw std::logic_error("two InterruptGuards at once");
  signalled = false;
  for (size_t i = 0; i < kSignals.size(); ++i) old_[i] = install(kSignals[i]);
}

InterruptGuard::~InterruptGuard() {
  for (size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &old_[i], nullptr);
  guarded = false;
}

bool InterruptGuard::requested() const { return signalled; }

}  // namespace gtn
