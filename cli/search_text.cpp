#include <algorithm>
#include <cmath>
#include <span>

#include "cli/common.h"
#include "cli/search_report.h"
#include "gtn/report/table.h"

namespace gtn {
namespace {

constexpr size_t kShown = 15;  // rows of the ranking on the screen, and the Pareto front; trials.sqlite has all
constexpr size_t kFailedShown = 5;

// By what candidates are ranked, as a line under the table.
std::string ranked_by(const Ranking& ranking) {
  const size_t known = ranking.known.truth.size();
  std::string text = "\nranked by a sum of ranks, weights ";
  text += known > 0 ? "after the " + std::to_string(known) + " candidates that were trained to calibrate:" : "equal:";
  for (size_t i = 0; i < ranking.combination.weights().size(); ++i)
    text += std::string(i == 0 ? " " : ", ") + kCombinedEstimates[i].shown + " " +
            fixed(ranking.combination.weights()[i], 2);
  return text + "\n";
}

std::string ranking_text(const SearchReport& report) {
  const std::vector<Trial>& ranked = report.ranking.trials;
  Table table{{"rank", "score", "parameters", "multiply-adds", "ms", "steps", "Pareto", "genotype"}, {}};
  const bool timed = !ranked.empty() && facts_of(ranked.front()).contains("latency");
  for (size_t i = 0; i < ranked.size(); ++i) {
    const Trial& trial = ranked[i];
    const bool in_front = std::ranges::binary_search(report.pareto, i);
    if (i >= kShown && !in_front) continue;
    table.rows.push_back({std::to_string(i + 1), fixed(*trial.score, 1), fixed(fact_of(trial, "parameters"), 0),
                          fixed(fact_of(trial, "multiply_adds"), 0), fixed(fact_of(trial, "latency"), 3),
                          std::to_string(trial.plan.steps), in_front ? "*" : "", trial.plan.genotype});
  }
  constexpr std::ptrdiff_t kMilliseconds = 4;  // a column that is left out where nothing was timed
  if (!timed) {
    table.header.erase(table.header.begin() + kMilliseconds);
    for (auto& row : table.rows) row.erase(row.begin() + kMilliseconds);
  }
  return format_table(table) + ranked_by(report.ranking);
}

std::string failed_text(const std::vector<Trial>& failed, const std::filesystem::path& run) {
  std::string text =
      std::to_string(failed.size()) + (failed.size() == 1 ? " candidate has" : " candidates have") + " no score:\n";
  for (const Trial& trial : std::span(failed).first(std::min(failed.size(), kFailedShown)))
    text += "  " + trial.plan.genotype + ": " + (trial.fault.empty() ? "diverged" : trial.fault) + "\n";
  if (failed.size() > kFailedShown) text += "  ... gtn trials list " + shell_word(run.string()) + " has all\n";
  return text;
}

}  // namespace

std::string search_text(const SearchReport& report, const SearchRun& run) {
  const size_t count = report.ranking.trials.size();
  std::string text = std::to_string(count) + (count == 1 ? " candidate of " : " candidates of ") + run.space().name() +
                     ", scored in " + format_duration(Seconds(report.scoring_seconds)) +
                     " of one core; score: validation accuracy in % after steps on " +
                     scored_on(run.config().estimator) + "\n" + (count > 0 ? "\n" + ranking_text(report) : "");
  if (!report.failed.empty()) text += "\n" + failed_text(report.failed, run.directory().path());
  if (count == 0) return text + "\nno candidate has a score, so nothing was found\n";
  if (!report.trained.empty()) {
    Table table{{"trained on real data", "validation", "parameters", "chosen to", "time"}, {}};
    std::string faults;
    for (const Trial& trial : report.trained) {
      const bool failed = trial.state == TrialState::failed;
      if (failed) faults += "could not be trained: " + trial.plan.genotype + ": " + trial.fault + "\n";
      table.rows.push_back({trial.plan.genotype,
                            trial.score ? fixed(*trial.score, 2)
                            : failed    ? "failed"
                                        : "diverged",
                            failed ? "-" : fixed(fact_of(trial, "parameters"), 0),
                            trial.plan.stage == kFinal ? "win" : "calibrate", format_duration(Seconds(trial.seconds))});
    }
    text += "\n" + format_table(table) + faults;
  }
  if (report.winner)
    text += "\nwinner: " + report.winner->trial.plan.genotype + ", " + fixed(report.winner->test, 2) +
            " % on the test split, " +
            (report.tested.size() < 2 ? std::string("which was read for it alone")
                                      : "which was read for " + std::to_string(report.tested.size()) +
                                            " networks, each the winner at its time") +
            "\nits learner: " + run.finalist(report.winner->trial.plan.genotype)->text() + "\n";
  if (report.reliability) {
    const auto number = [](double value) { return std::isnan(value) ? "-" : fixed(value, 2); };
    const auto range = [&report](const Interval& i) {
      return std::isnan(i.low) || report.reliability->candidates < kFewestForInterval
                 ? "-"
                 : fixed(i.low, 2) + " to " + fixed(i.high, 2);
    };
    Table rows{{"ranking by", "Spearman", "95 % interval", "Kendall", "95 % interval", "seconds each"}, {}};
    for (const Reliability::Row& row : report.reliability->rows)
      rows.rows.push_back({row.name, number(row.spearman), range(row.spearman_interval), number(row.kendall),
                           range(row.kendall_interval), fixed(row.seconds, 1)});
    text += "\n" + format_table(rows) + report.reliability->advice +
            "\n(the combination: each candidate ranked by weights that do not know its own training)\n";
  } else if (run.config().calibration > 0) {
    text += "\nToo few candidates have a score and a truth to say how far the ranking can be trusted.\n";
  }
  return text;
}

}  // namespace gtn
