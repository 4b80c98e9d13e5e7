// What a page shows of a study of estimators.
#include "cli/report_data.h"
#include "cli/study_report.h"

namespace gtn {

Json study_part(const std::filesystem::path& path) {
  const StudyFindings findings = read_findings(path.string());
  const StudyTable& table = findings.table;
  const StudyReport& report = findings.report;
  Json part{{"space", table.space},        {"dataset", table.dataset},         {"genotypes", table.genotypes},
            {"truth", table.truth},        {"truth_steps", table.truth_steps}, {"truth_seconds", table.truth_seconds},
            {"estimators", Json::array()}, {"tuning", tuning_text(table)}};
  for (const StudyEstimator& estimator : table.estimators) {
    Json rows = Json::array();
    for (const StudyRow& row : report.rows)
      if (row.name == estimator.name)
        rows.push_back({{"steps", row.fidelity},
                        {"with_tuning", row.steps},
                        {"seconds", row.seconds},
                        {"spearman", row.spearman},
                        {"low", row.low},
                        {"high", row.high},
                        {"kendall", row.kendall},
                        {"top_half", row.top_half},
                        {"regret", row.regret_at_5}});
    part["estimators"].push_back({{"name", estimator.name}, {"rows", rows}, {"scores", estimator.scores}});
  }
  if (!findings.combinations.empty()) part["combinations"] = combinations_json(findings);
  part["speedups"] = Json::array();
  for (const StudySpeedup& speedup : report.speedups)
    part["speedups"].push_back({{"name", speedup.name},
                                {"steps", speedup.steps},
                                {"seconds", speedup.seconds},
                                {"at_least", speedup.at_least}});
  return part;
}

}  // namespace gtn
