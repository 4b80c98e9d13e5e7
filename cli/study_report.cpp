#include "cli/study_report.h"

#include <cmath>
#include <set>

#include "cli/read_study.h"
#include "gtn/core/error.h"
#include "gtn/report/table.h"

namespace gtn {
namespace {

constexpr int64_t kKnown[] = {0, 10, 20};  // truths that move the weights of a combination
constexpr int64_t kDraws = 300;            // choices of them
// The estimators of what gtn search combines (cli/search_ranking.h) beside one that trains.
const std::vector<std::string> kFree{"params", "flops", "synflow", "grad_norm"};

std::string speedup_text(const StudySpeedup& speedup) {
  if (speedup.at_least && speedup.steps < 1)
    return "real data was followed for fewer steps than " + speedup.name + " takes\n";
  const char* const bound = speedup.at_least ? "more than " : "";
  std::string text = std::string("real data needs ") + bound + fixed(speedup.steps, 1) + " times the steps";
  if (!std::isnan(speedup.seconds))
    text += std::string(" and ") + bound + fixed(speedup.seconds, 1) + " times the seconds";
  return text + " for the rank correlation of " + speedup.name +
         (std::isnan(speedup.seconds) ? " (in seconds they do not compare: they were measured apart)\n" : "\n");
}

// All numbers of steps after which some estimator was asked.
std::vector<int64_t> steps_of(const StudyReport& report) {
  std::set<int64_t> steps;
  for (const StudyRow& row : report.rows)
    if (row.fidelity > 0) steps.insert(row.fidelity);
  if (steps.empty()) steps = {0, 1};
  return {steps.begin(), steps.end()};
}

// Of an estimator after k steps: between two that were measured on the line between them in the logarithm of the steps;
// of one that trains none, always the same; none beyond its last.
std::optional<double> rho_at(const StudyReport& report, const StudyEstimator& estimator, int64_t k) {
  const StudyRow* before = nullptr;
  for (const StudyRow& row : report.rows) {
    if (row.name != estimator.name) continue;
    if (row.fidelity == 0 || row.fidelity == k) return row.spearman;
    if (row.fidelity > k) {
      if (!before) return row.spearman;
      const double share = std::log(static_cast<double>(k) / static_cast<double>(before->fidelity)) /
                           std::log(static_cast<double>(row.fidelity) / static_cast<double>(before->fidelity));
      return before->spearman + share * (row.spearman - before->spearman);
    }
    before = &row;
  }
  return std::nullopt;
}

}  // namespace

StudyFindings read_findings(const std::string& path) {
  StudyFindings findings;
  findings.table = read_study_table(path);
  if (findings.table.genotypes.size() < 3)
    throw failure(path, "has the truth of " + std::to_string(findings.table.genotypes.size()) +
                            " architectures, too few to say anything; measure on by gtn study --resume");
  const Key key = Key(1).split("study");
  findings.report = analyse(findings.table, key);
  for (const char* trains : {"teacher", "warm_start", "real", ""}) {
    std::vector<std::string> names = kFree;
    if (*trains) names.insert(names.begin(), trains);
    const std::string of = (*trains ? names.front() + ", " : "") + "size, synflow, grad_norm";
    for (const int64_t known : kKnown)
      if (const auto result = combine(findings.table, names, known, kDraws, key.split("combination")))
        findings.combinations.push_back({of, *result});
  }
  return findings;
}

std::string tuning_text(const StudyTable& table) {
  std::string raced, others;
  for (const StudyEstimator& estimator : table.estimators) {
    if (estimator.fidelities.back() == 0) continue;
    std::string& list = estimator.raced ? raced : others;
    list += (list.empty() ? "" : ", ") + estimator.name;
  }
  std::string text;
  if (!raced.empty())
    text += "of the step sizes tried the worse half dropped out after an eighth, a quarter and half of the steps: " +
            raced + "\n";
  if (!others.empty()) text += "every step size was tried to the end: " + others + "\n";
  return text;
}

std::string study_text(const StudyFindings& findings) {
  Table table{{"estimator", "steps", "with tuning", "seconds", "Spearman", "95 % interval", "Kendall", "top half",
               "regret at 5"},
              {}};
  for (const StudyRow& row : findings.report.rows)
    table.rows.push_back({row.name, std::to_string(row.fidelity), fixed(row.steps, 0), fixed(row.seconds, 2),
                          fixed(row.spearman, 3), fixed(row.low, 2) + " to " + fixed(row.high, 2),
                          fixed(row.kendall, 3), fixed(row.top_half, 3), fixed(row.regret_at_5, 2)});
  std::string text = std::to_string(findings.table.genotypes.size()) + " architectures of " + findings.table.space +
                     " on " + findings.table.dataset + ", truth: test accuracy after " +
                     fixed(findings.table.truth_steps, 0) + " steps on real data, " +
                     fixed(findings.table.truth_seconds, 0) + " s each\n\n" + format_table(table) +
                     tuning_text(findings.table);
  for (const StudySpeedup& speedup : findings.report.speedups) text += speedup_text(speedup);
  if (findings.table.failed > 0)
    text +=
        std::to_string(findings.table.failed) +
        " trials failed: an architecture without a truth is left out, one without an estimate ranks last (gtn trials "
        "list says why; gtn study --resume RUN --retry-failed tries them again)\n";
  if (findings.combinations.empty()) return text;
  Table combined{{"sum of the ranks by", "weights", "Spearman", "95 % interval", "top half", "regret at 5"}, {}};
  for (const auto& [of, result] : findings.combinations)
    combined.rows.push_back({of, result.known == 0 ? "equal" : "after " + std::to_string(result.known) + " truths",
                             fixed(result.spearman, 3), fixed(result.low, 2) + " to " + fixed(result.high, 2),
                             fixed(result.top_half, 3), fixed(result.regret_at_5, 2)});
  return text + "\n" + format_table(combined) +
         "as gtn search ranks, by the last steps of what trains; after truths: judged on the other architectures, mean "
         "and range over " +
         std::to_string(kDraws) + " random choices\n";
}

Json combinations_json(const StudyFindings& findings) {
  Json list = Json::array();
  for (const auto& [of, result] : findings.combinations)
    list.push_back({{"of", of},
                    {"known", result.known},
                    {"spearman", result.spearman},
                    {"spearman_low", result.low},
                    {"spearman_high", result.high},
                    {"top_half_spearman", result.top_half},
                    {"regret_at_5", result.regret_at_5}});
  return list;
}

Json study_json(const StudyFindings& findings) {
  Json estimators = Json::array();
  for (const StudyRow& row : findings.report.rows)
    estimators.push_back({{"name", row.name},
                          {"steps", row.fidelity},
                          {"steps_with_tuning", row.steps},
                          {"images", row.images ? Json(*row.images) : Json()},
                          {"seconds", row.seconds},
                          {"spearman", row.spearman},
                          {"spearman_low", row.low},
                          {"spearman_high", row.high},
                          {"kendall", row.kendall},
                          {"top_half_spearman", row.top_half},
                          {"regret_at_5", row.regret_at_5}});
  Json json{{"name", findings.table.space},
            {"dataset", findings.table.dataset},
            {"architectures", findings.table.genotypes.size()},
            {"truth_steps", findings.table.truth_steps},
            {"truth_seconds", findings.table.truth_seconds},
            {"failed", findings.table.failed},
            {"tuning", tuning_text(findings.table)},
            {"estimators", estimators}};
  if (!findings.combinations.empty()) json["combinations"] = combinations_json(findings);
  for (const StudySpeedup& speedup : findings.report.speedups) {
    const std::string before = speedup.name == "teacher" ? "" : speedup.name + "_";
    json[before + "speedup_steps"] = speedup.steps;
    json[before + "speedup_seconds"] = speedup.seconds;
    json[before + "speedup_bound"] = speedup.at_least ? "at_least" : "exact";
  }
  return json;
}

CurvePlot ranking_plot(const StudyFindings& findings) {
  const std::vector<int64_t> steps = steps_of(findings.report);
  CurvePlot plot{.title = findings.table.space + " on " + findings.table.dataset + ": how estimators rank " +
                          std::to_string(findings.table.genotypes.size()) + " architectures",
                 .subtitle = "Spearman's rho with test accuracy after " + fixed(findings.table.truth_steps, 0) +
                             " steps on real data; estimates by training at the step size that wins",
                 .x_label = "steps that an estimate trains",
                 .y_label = "Spearman's rho",
                 .curves = {},
                 .unit = "",
                 .least = -1,
                 .most = 1,
                 .digits = 2};
  for (const int64_t k : steps) plot.places.push_back(std::to_string(k));
  for (const StudyEstimator& estimator : findings.table.estimators) {
    Curve& curve = plot.curves.emplace_back();
    curve.name = estimator.name;
    for (const int64_t k : steps)
      if (const auto rho = rho_at(findings.report, estimator, k)) curve.mean.push_back(*rho);
  }
  return plot;
}

}  // namespace gtn
