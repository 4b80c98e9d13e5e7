#include <iterator>

#include "cli/scoring.h"
#include "cli/search_report.h"
#include "gtn/core/file.h"
#include "gtn/search/graph.h"

namespace gtn {
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
  const std::filesystem::path& folder = run.directory().path();
  write_file_atomic(folder / "result.json", search_json(report, run).dump(1) + "\n");
  if (!report.winner) return;
  const Trial& winner = report.winner->trial;
  const auto net = run.finalist(winner.plan.genotype);
  write_file_atomic(folder / "winner.txt", net->text() + "\n");
  write_file_atomic(folder / "winner.dot", dot_graph(*net));
  write_file_atomic(folder / kWinnerFile, read_file(run.weights(winner)));
}

}  // namespace gtn
