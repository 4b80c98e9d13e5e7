// What a page shows of a study of estimators.
#include "cli/report_data.h"
#include "cli/study_report.h"

namespace gtn {

Json study_part(const std::filesystem::path& path) {
  const auto [table, report, combinations] = read_findings(path.string());
  Json part{{"space", table.space},       {"dataset", table.dataset},         {"genotypes", table.genotypes},
            {"truth", table.truth},       {"truth_steps", table.truth_steps}, {"truth_seconds", table.truth_seconds},
            {"estimators", Json::array()}};
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
  for (const auto& [with_teacher, result] : combinations)
    part["combinations"].push_back({{"with_teacher", with_teacher},
                                    {"known", result.known},
                                    {"spearman", result.spearman},
                                    {"low", result.low},
                                    {"high", result.high},
                                    {"top_half", result.top_half},
                                    {"regret_at_5", result.regret_at_5}});
  if (const auto& speedup = report.speedup)
    part["speedup"] = {{"steps", speedup->steps}, {"seconds", speedup->seconds}, {"at_least", speedup->at_least}};
  return part;
}

}  // namespace gtn
