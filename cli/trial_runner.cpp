#include "cli/trial_runner.h"

#include <algorithm>
#include <mutex>

#include "cli/common.h"
#include "gtn/core/side_by_side.h"

namespace gtn {
namespace {

using Clock = std::chrono::steady_clock;

// Ends a claimed trial one way or the other. Faults of the store itself, and of what is to be kept, are the run's.
void attempt(TrialStore& store, const Trial& trial, const TrialWork& work) {
  const auto start = Clock::now();
  const auto seconds = [start] { return Seconds(Clock::now() - start).count(); };
  std::optional<TrialYield> yield;
  std::string fault;
  try {
    yield = work(trial);
  } catch (const std::exception& error) {
    fault = error.what();
  }
  if (!yield) {
    store.fail(trial.id, fault, seconds());
    return;
  }
  yield->result.seconds = seconds();
  if (yield->keep) yield->keep();
  store.finish(trial.id, yield->result);
}

}  // namespace

bool run_waiting(TrialStore& store, const TrialWork& work, const InterruptGuard& interrupt, SittingClock& sitting,
                 const std::string& label, int64_t done, int64_t total) {
  const int64_t waiting = store.count(TrialState::waiting);
  if (waiting == 0) return true;
  ProgressLine progress(label, done, std::max(total, done + waiting));
  std::mutex mutex;
  // A task more where one waits: a trial has one thread, whether or not others wait beside it, and so the same bits.
  side_by_side(std::max<int64_t>(waiting, 2), [&](int64_t) {
    if (interrupt.requested()) return;
    const std::optional<Trial> trial = store.claim();
    if (!trial) return;
    attempt(store, *trial, work);
    sitting.tick();
    const std::lock_guard lock(mutex);
    progress.update(++done);
  });
  return !interrupt.requested();
}

}  // namespace gtn
