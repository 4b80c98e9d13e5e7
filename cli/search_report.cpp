#include "cli/search_report.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "cli/network_file.h"
#include "cli/search_costs.h"
#include "gtn/core/file.h"
#include "gtn/report/table.h"
#include "gtn/search/pareto.h"
#include "gtn/search/ranking.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

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

std::string advice_of(const Reliability& reliability) {
  const Reliability::Row& ours = reliability.rows.front();
  if (std::isnan(ours.spearman))
    return "Those " + std::to_string(reliability.candidates) +
           " candidates are all alike after training on real data, or by the estimates: there is nothing to rank.";
  std::string measured = "Spearman " + fixed(ours.spearman, 2);
  if (reliability.candidates >= kFewestForInterval)
    measured +=
        ", 95 % interval " + fixed(ours.spearman_interval.low, 2) + " to " + fixed(ours.spearman_interval.high, 2);
  measured += " on " + std::to_string(reliability.candidates) + " candidates";
  if (reliability.candidates < kFewestForInterval)
    return "So few candidates say little (" + measured + "); set calibration to " + std::to_string(kFewestForInterval) +
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
  add(scored_on(run.config().estimator), known.score, seconds_a_candidate(kEstimate, false));
  if (scores.size() == known.truth.size()) add("as many steps on real data", scores, seconds_a_candidate(kReal, false));
  add("the number of parameters", known.parameters, 0);
  result.advice = advice_of(result);
  return result;
}

}  // namespace

std::string scored_on(ScoredBy estimator) {
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
  throw std::invalid_argument("scored_on: an estimator without a name");
}

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

}  // namespace gtn
