#include <algorithm>
#include <cmath>

#include "gtn/preflight/checks.h"
#include "gtn/preflight/probe.h"
#include "gtn/unroll/inner_loop.h"
#include "gtn/unroll/schedule.h"

namespace gtn {
namespace {

// How far from the middle of what is usual, in either direction.
double decades_off(double ratio) { return std::abs(std::log10(ratio / 1e-3)); }

// The loss of `batch` after steps of one size from the same start.
double loss_after(const PlannedRun& run, const StepSize& size, int64_t steps, const Batch& batch) {
  const RealSource source = planned_batches(run, "step size");
  const LearnerState start = LearnerState::start(fresh_parameters(run, 0));
  const Schedule schedule = make_schedule(steps, size, run.optimizer);
  const Tensor w = train(*run.learner, start, source, schedule, 0, steps).w;
  const double loss = loss_of(batch_logits(*run.learner, w, batch.x), batch.y);
  return std::isfinite(loss) ? loss : HUGE_VAL;
}

}  // namespace

Finding check_update_ratio(const PlannedRun& run) {
  constexpr int64_t kSteps = 5;
  const std::vector<Part> parts = parts_of(*run.learner);
  std::vector<double> ratios(parts.size());  // |change| / |weight|
  const RealSource source = planned_batches(run, "update ratio");
  Tensor before = fresh_parameters(run, 0);
  train(*run.learner, LearnerState::start(before), source, make_schedule(kSteps, run.step, run.optimizer), 0, kSteps,
        [&](int64_t, const LearnerState& state) {
          for (size_t i = 0; i < parts.size(); ++i)
            ratios[i] += scalar(parts[i].of(state.w - before).norm() / parts[i].of(before).norm()) / kSteps;
          before = state.w;
        });
  double worst = 1e-3;
  std::string where = "every weight";
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].weight) continue;
    const double ratio = ratios[i];
    if (decades_off(ratio) <= decades_off(worst)) continue;
    worst = ratio;
    where = parts[i].name;
    if (std::isnan(ratio)) break;
  }
  Verdict verdict = Verdict::pass;
  if (!(worst >= 1e-5 && worst <= 0.3)) verdict = Verdict::warn;
  if (!(worst >= 1e-7 && worst <= 3)) verdict = Verdict::fail;
  return finding(verdict, brief_number(worst) + " of " + where, worst,
                 worst < 1e-3
                     ? "this weight hardly moves; take larger steps, or look at what its gradient passes through"
                     : "this weight is thrown about; take smaller steps");
}

Finding check_step_size(const PlannedRun& run) {
  constexpr int64_t kSteps = 10;
  const Batch batch = draw_batch(run, 256, "step size judged");
  const auto loss = [&](double lr) { return loss_after(run, {lr, run.step.momentum}, kSteps, batch); };
  const double fresh = loss_of(batch_logits(*run.learner, fresh_parameters(run, 0), batch.x), batch.y);
  const double planned = loss(run.step.lr);
  double best = run.step.lr, least = planned, too_large = HUGE_VAL;
  for (const double lr : step_sizes_for(run.optimizer, {0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3})) {
    const double here = loss(lr);
    if (here > 1.1 * fresh) {  // what lies beyond may end low by having forgotten everything
      too_large = lr;
      break;
    }
    if (here >= least) continue;
    least = here;
    best = lr;
  }
  const double factor = std::max(best / run.step.lr, run.step.lr / best);
  Verdict verdict = factor < 9.99 || planned < fresh - 0.8 * (fresh - least) ? Verdict::pass : Verdict::warn;
  if (!(planned < fresh)) verdict = Verdict::fail;
  std::string figure =
      "best " + brief_number(best) + " (loss " + brief_number(fresh) + " to " + brief_number(least) + ")";
  if (best != run.step.lr) figure += ", planned " + brief_number(run.step.lr) + " (to " + brief_number(planned) + ")";
  if (std::isfinite(too_large)) figure += ", too large from " + brief_number(too_large);
  return finding(verdict, figure, best,
                 least < fresh
                     ? "begin with a step size of " + brief_number(best)
                     : "no step size lowers the loss: the gradient or the data are wrong; see the checks above");
}

}  // namespace gtn
