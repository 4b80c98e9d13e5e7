// Works through the waiting trials of a store, as many at once as there are threads.
#pragma once

#include <functional>
#include <string>

#include "gtn/runs/interrupt.h"
#include "gtn/runs/sittings.h"
#include "gtn/runs/trial_store.h"

namespace gtn {

// What a trial gives, and what is to be written before it counts as done (empty: nothing).
struct TrialYield {
  TrialResult result;
  std::function<void()> keep = {};
};

// Called from several threads at once. What it throws is the trial's fault, not the run's: the trial fails with that
// message, and the others go on. What `keep` throws, on a full disk say, ends the run; the trial is done again then.
using TrialWork = std::function<TrialYield(const Trial&)>;

// Runs every waiting trial of `store`. Returns false where a person interrupted: trials that had begun are finished,
// the others wait. `done` of `total` is what the progress line shows beside the label, counted from trials that ended
// before. `sitting` ticks with each.
bool run_waiting(TrialStore& store, const TrialWork& work, const InterruptGuard& interrupt, SittingClock& sitting,
                 const std::string& label, int64_t done, int64_t total);

}  // namespace gtn
