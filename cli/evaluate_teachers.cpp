// Several teachers of one kind, as one table.
#include <functional>

#include "cli/evaluate_report.h"
#include "gtn/report/table.h"

namespace gtn {
namespace {

// A column: what it is called in the table and in JSON, and its value in a row.
struct Column {
  std::string title, key;
  std::function<double(const EvaluationRow&)> value;
};

std::vector<Column> columns_of(const EvaluationReport& report) {
  std::vector<Column> columns{
      {"curriculum", "synthetic", [](const EvaluationRow& row) { return row.evaluation.synthetic.mean; }},
      {"its own step sizes", "synthetic_plain", [](const EvaluationRow& row) { return row.evaluation.plain.mean; }},
      {"real data", "real", [](const EvaluationRow& row) { return row.evaluation.real.mean; }}};
  for (size_t c = 0; c < report.controls.size(); ++c)
    columns.push_back({counted(report.controls[c].name, report.controls[c].images), report.controls[c].name,
                       [c](const EvaluationRow& row) { return row.evaluation.controls[c].curve.mean; }});
  columns.push_back({"gain", "gain", [](const EvaluationRow& row) {
                       return row.evaluation.synthetic.mean - row.evaluation.real.mean;
                     }});
  return columns;
}

// Of row `r` of every report: one value a teacher.
AccuracyCurve over_teachers(const std::vector<EvaluationReport>& reports, size_t r, const Column& column) {
  std::vector<std::vector<double>> values;
  for (const EvaluationReport& report : reports) values.push_back({column.value(report.rows[r])});
  return summary(values);
}

}  // namespace

Json teachers_json(const std::vector<EvaluationReport>& reports) {
  Json rows = Json::array();
  const std::vector<Column> columns = columns_of(reports.at(0));
  for (size_t r = 0; r < reports[0].rows.size(); ++r) {
    if (!reports[0].rows[r].fault.empty()) continue;
    Json row{{"learner", reports[0].rows[r].learner}};
    for (const Column& column : columns) {
      const AccuracyCurve all = over_teachers(reports, r, column);
      row[column.key] = {{"mean", all.mean}, {"std", all.std}, {"teachers", all.finals}};
    }
    rows.push_back(row);
  }
  return rows;
}

std::string teachers_text(const std::vector<EvaluationReport>& reports) {
  const std::vector<Column> columns = columns_of(reports.at(0));
  Table table{{"learner"}, {}};
  for (const Column& column : columns) table.header.push_back(column.title);
  for (size_t r = 0; r < reports[0].rows.size(); ++r) {
    if (!reports[0].rows[r].fault.empty()) continue;
    std::vector<std::string>& cells = table.rows.emplace_back(1, reports[0].rows[r].learner);
    for (const Column& column : columns) cells.push_back(plus_minus(over_teachers(reports, r, column)));
  }
  return std::to_string(reports.size()) + " teachers: mean ± deviation over teachers of the mean over " +
         std::to_string(reports[0].seeds) + " fresh learners, which are the same for each\n\n" + format_table(table);
}

}  // namespace gtn
