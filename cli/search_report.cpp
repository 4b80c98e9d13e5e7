#include "cli/search_report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "cli/network_file.h"
#include "gtn/core/file.h"
#include "gtn/report/table.h"
#include "gtn/search/graph.h"
#include "gtn/search/pareto.h"
#include "gtn/search/ranking.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kFewest = 8;  // candidates below which a bootstrap interval is too narrow to go by
constexpr size_t kShown = 15;   // rows of the ranking on the screen, and the Pareto front; trials.sqlite has all

std::vector<size_t> pareto_of(const std::vector<Trial>& ranked, const std::vector<std::string>& objectives) {
  std::vector<int64_t> steps;
  std::vector<double> scores;
  std::vector<std::vector<double>> costs;
  for (const Trial& trial : ranked) {
    steps.push_back(trial.plan.steps);
    scores.push_back(*trial.score);
    costs.push_back(costs_of(facts_of(trial), objectives));
  }
  return front_of_longest(steps, scores, costs);
}

// By genotype, the test accuracies that earlier reports of this run read: each of what was its winner then.
std::map<std::string, double> tests_read_before(const SearchRun& run) {
  const fs::path path = run.directory().path() / "result.json";
  if (!fs::exists(path)) return {};
  const Json json = parse_json(read_file(path));
  if (!json.is_object() || !json.contains("tested")) return {};
  return json["tested"].get<std::map<std::string, double>>();
}

std::optional<Winner> winner_of(const SearchRun& run, const std::vector<Trial>& trained,
                                std::map<std::string, double>& tested) {
  if (trained.empty() || !trained.front().score) return std::nullopt;
  const Trial& best = trained.front();
  if (const auto test = tested.find(best.plan.genotype); test != tested.end()) return Winner{best, test->second};
  NetworkFile file = load_network(run.weights(best));
  file.trained.w = file.trained.w.to(run.scoring().device());
  for (Tensor& s : file.trained.statistics) s = s.to(run.scoring().device());
  const double test = run.scoring().accuracy_of(*file.net, file.trained, run.scoring().splits().test);
  tested[best.plan.genotype] = test;
  return Winner{best, test};
}

// What candidates were trained on to be scored.
std::string words_of(ScoredBy estimator) {
  switch (estimator) {
    case ScoredBy::teacher:
      return "the curriculum";
    case ScoredBy::warm_start:
      return "the curriculum and then real data";
    case ScoredBy::real:
      return "real data";
    case ScoredBy::real_schedule:
      return "real data with learned step sizes";
    case ScoredBy::kmeans:
      return "chosen real images";
  }
  throw std::invalid_argument("words_of: an estimator without a name");
}

std::string advice_of(const Reliability& reliability) {
  const Reliability::Row& ours = reliability.rows.front();
  if (std::isnan(ours.spearman))
    return "Those " + std::to_string(reliability.candidates) +
           " candidates are all alike after training on real data, or by the estimates: there is nothing to rank.";
  const std::string measured = "Spearman " + fixed(ours.spearman, 2) + ", 95 % interval " +
                               fixed(ours.spearman_interval.low, 2) + " to " + fixed(ours.spearman_interval.high, 2) +
                               " on " + std::to_string(reliability.candidates) + " candidates";
  if (reliability.candidates < kFewest)
    return "So few candidates say little (" + measured + "); set calibration to " + std::to_string(kFewest) +
           " or more before you rely on the ranking.";
  std::string advice = "This ranking can be trusted on these data (" + measured + ").";
  if (ours.spearman_interval.low <= 0)
    advice = "These candidates cannot tell the ranking from chance (" + measured +
             "); calibrate with more of them, or train more of the best on real data before you choose.";
  else if (ours.spearman_interval.low <= 0.5)
    advice = "This ranking is better than chance, and not more is shown (" + measured +
             "); train several of the best on real data, not the first alone.";
  for (const Reliability::Row& other : std::span(reliability.rows).subspan(1))
    if (other.spearman >= ours.spearman)
      advice += " Ranking by " + other.name + " does as well here (" + fixed(other.spearman, 2) + ").";
  return advice;
}

std::optional<Reliability> reliability_of(const SearchRun& run, const Ranking& ranking) {
  const Ranking::Known& known = ranking.known;
  if (known.truth.size() < 3) return std::nullopt;
  Reliability result;
  result.candidates = std::ssize(known.truth);
  const Key key = Key(static_cast<uint64_t>(run.config().seed)).split("bootstrap");
  const auto add = [&](const std::string& name, const std::vector<double>& values, double seconds) {
    const std::vector<double>& truth = known.truth;
    result.rows.push_back({name, spearman(values, truth), kendall(values, truth),
                           bootstrap_interval(spearman, values, truth, key),
                           bootstrap_interval(kendall, values, truth, key), seconds});
  };
  std::map<std::string, double> real;
  // Of the estimate alone; with `proxies` of all that is combined.
  const auto seconds_a_candidate = [&](const std::string& stage, bool proxies) {
    double sum = 0;
    for (const Trial& trial : run.trials(stage))
      if (std::ranges::find(known.genotypes, trial.plan.genotype) != known.genotypes.end())
        sum += proxies ? trial.seconds : facts_of(trial).value("seconds", trial.seconds);
    return sum / static_cast<double>(result.candidates);
  };
  double truths = 0;  // seconds of the trainings that moved the weights, shared by all candidates
  for (const Trial& trial : run.trials(kTruth)) truths += trial.seconds / static_cast<double>(ranking.trials.size());
  for (const Trial& trial : run.trials(kReal))
    if (trial.state == TrialState::done) real[trial.plan.genotype] = score_of(trial);
  std::vector<double> scores;
  for (const std::string& genotype : known.genotypes)
    if (real.contains(genotype)) scores.push_back(real.at(genotype));
  add("the combination", known.combined, seconds_a_candidate(kEstimate, true) + truths);
  add(words_of(run.config().estimator), known.score, seconds_a_candidate(kEstimate, false));
  if (scores.size() == known.truth.size()) add("as many steps on real data", scores, seconds_a_candidate(kReal, false));
  add("the number of parameters", known.parameters, 0);
  result.advice = advice_of(result);
  return result;
}

}  // namespace

SearchReport report_of(const SearchRun& run) {
  SearchReport report;
  report.ranking = run.ranking();
  for (const Trial& trial : run.trials(kEstimate)) {
    report.scoring_seconds += trial.seconds;
    if (!trial.score && trial.state != TrialState::waiting) report.failed.push_back(trial);
  }
  report.pareto = pareto_of(report.ranking.trials, run.config().objectives);
  report.trained = run.trained();
  report.tested = tests_read_before(run);
  report.winner = winner_of(run, report.trained, report.tested);
  report.reliability = reliability_of(run, report.ranking);
  return report;
}

namespace {

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

}  // namespace

std::string search_text(const SearchReport& report, const SearchRun& run) {
  const size_t count = report.ranking.trials.size();
  std::string text = std::to_string(count) + (count == 1 ? " candidate of " : " candidates of ") + run.space().name() +
                     ", scored in " + format_duration(Seconds(report.scoring_seconds)) +
                     " of one core; score: validation accuracy in % after steps on " +
                     words_of(run.config().estimator) + "\n\n" + ranking_text(report);
  if (!report.failed.empty()) {
    text += "\n" + std::to_string(report.failed.size()) + " candidates have no score:\n";
    for (const Trial& trial : report.failed)
      text += "  " + trial.plan.genotype + ": " + (trial.fault.empty() ? "diverged" : trial.fault) + "\n";
  }
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
    const auto range = [](const Interval& i) {
      return std::isnan(i.low) ? "-" : fixed(i.low, 2) + " to " + fixed(i.high, 2);
    };
    Table rows{{"ranking by", "Spearman", "95 % interval", "Kendall", "95 % interval", "seconds each"}, {}};
    for (const Reliability::Row& row : report.reliability->rows)
      rows.rows.push_back({row.name, number(row.spearman), range(row.spearman_interval), number(row.kendall),
                           range(row.kendall_interval), fixed(row.seconds, 1)});
    text += "\n" + format_table(rows) + report.reliability->advice + "\n";
  } else if (run.config().calibration > 0) {
    text += "\nToo few candidates have a score and a truth to say how far the ranking can be trusted.\n";
  }
  return text;
}

namespace {

Json trial_json(const Trial& trial) {
  Json json{{"genotype", trial.plan.genotype}, {"score", nullptr}, {"steps", trial.plan.steps}};
  if (trial.score) json["score"] = *trial.score;
  json["seconds"] = trial.seconds;
  if (!trial.fault.empty()) json["fault"] = trial.fault;
  Json facts = facts_of(trial);
  if (facts.contains("curve")) json["curve"] = facts["curve"];
  facts.erase("curve");
  json["cost"] = facts;
  return json;
}

Json list_json(const std::vector<Trial>& trials) {
  Json list = Json::array();
  for (const Trial& trial : trials) list.push_back(trial_json(trial));
  return list;
}

}  // namespace

Json search_json(const SearchReport& report, const SearchRun& run) {
  Json json{{"space", run.space().name()},
            {"dataset", run.scoring().artefact().dataset},
            {"estimator", name_of(run.config().estimator)},
            {"candidates", report.ranking.trials.size()},
            {"scoring_seconds", report.scoring_seconds},
            {"ranking", list_json(report.ranking.trials)},
            {"pareto", report.pareto},
            {"failed", list_json(report.failed)},
            {"trained", list_json(report.trained)}};
  for (size_t i = 0; i < std::size(kCombinedEstimates); ++i)
    json["combination"][kCombinedEstimates[i].name] = report.ranking.combination.weights()[i];
  if (report.winner) {
    json["winner"] = trial_json(report.winner->trial);
    json["winner"]["learner"] = run.finalist(report.winner->trial.plan.genotype)->text();
    json["winner"]["test"] = report.winner->test;
    json["tested"] = report.tested;
  }
  if (report.reliability) {
    Json rows = Json::array();
    for (const Reliability::Row& row : report.reliability->rows)
      rows.push_back({{"name", row.name},
                      {"spearman", row.spearman},
                      {"spearman_low", row.spearman_interval.low},
                      {"spearman_high", row.spearman_interval.high},
                      {"kendall", row.kendall},
                      {"kendall_low", row.kendall_interval.low},
                      {"kendall_high", row.kendall_interval.high},
                      {"seconds", row.seconds}});
    json["calibration"] = {
        {"candidates", report.reliability->candidates}, {"rankings", rows}, {"advice", report.reliability->advice}};
  }
  return json;
}

void write_results(const SearchReport& report, const SearchRun& run) {
  const fs::path& folder = run.directory().path();
  write_file_atomic(folder / "result.json", search_json(report, run).dump(1) + "\n");
  if (!report.winner) return;
  const Trial& winner = report.winner->trial;
  const auto net = run.finalist(winner.plan.genotype);
  write_file_atomic(folder / "winner.txt", net->text() + "\n");
  write_file_atomic(folder / "winner.dot", dot_graph(*net));
  write_file_atomic(folder / kWinnerFile, read_file(run.weights(winner)));
}

}  // namespace gtn
