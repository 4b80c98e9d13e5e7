#include <cmath>

#include "gtn/preflight/checks.h"
#include "gtn/preflight/probe.h"

namespace gtn {
namespace {

std::string duration_text(double seconds) {
  if (seconds < 120) return brief_number(seconds) + " s";
  return seconds < 7200 ? brief_number(seconds / 60) + " min" : brief_number(seconds / 3600) + " h";
}

std::string mebibytes_text(int64_t bytes) { return std::to_string((bytes + (1 << 19)) >> 20) + " MiB"; }

}  // namespace

Finding check_forecast(const PlannedRun& run) {
  constexpr double kDay = 24 * 3600;
  if (!run.forecast) return finding(Verdict::pass, "no run in plan", 0, "");
  const Forecast forecast = run.forecast();
  const double share =
      forecast.free_bytes > 0 ? static_cast<double>(forecast.bytes) / static_cast<double>(forecast.free_bytes) : 0;
  const Verdict memory = verdict_above(share, {.warn = 0.8, .fail = 1});
  const Verdict time = verdict_above(forecast.seconds, {.warn = kDay, .fail = HUGE_VAL});
  std::string figure = "about " + duration_text(forecast.seconds) + " and " + mebibytes_text(forecast.bytes);
  if (forecast.free_bytes > 0) figure += " of " + mebibytes_text(forecast.free_bytes);
  return finding(worse(memory, time), figure, forecast.seconds,
                 memory != Verdict::pass
                     ? "lower teacher.batch, teacher.steps or real_batch, set unroll.window, or take narrower learners"
                     : "lower outer.iterations or teacher.steps, or take narrower learners");
}

}  // namespace gtn
