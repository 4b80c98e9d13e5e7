#include "cli/evaluate_report.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "gtn/core/config.h"
#include "gtn/report/table.h"
#include "gtn/runs/progress.h"

namespace gtn {

std::string plus_minus(const AccuracyCurve& curve) {
  return fixed(curve.mean, 1) + (curve.finals.size() == 1 ? "" : " ± " + fixed(curve.std, 1));
}

std::string counted(const std::string& name, int64_t images) { return name + " (" + std::to_string(images) + ")"; }

namespace {

// Three digits: 0.01 where sums of a grid gave 0.010000000000000002.
std::string short_number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g", value);
  return text.data();
}

std::string chosen_text(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  std::string text = short_number(*low);
  return *low == *high ? text : text.append(" - ").append(short_number(*high));
}

// The step sizes that learners were taught the curriculum with.
std::string taught_text(const std::vector<StepChoice>& choices) {
  std::vector<double> multipliers, constants;
  for (const StepChoice& choice : choices)
    (choice.constant ? constants : multipliers).push_back(choice.constant ? choice.constant->lr : choice.multiplier);
  std::string text = multipliers.empty() ? "" : "x " + chosen_text(multipliers);
  if (!multipliers.empty() && !constants.empty()) text += ", ";
  return constants.empty() ? text : text + "lr " + chosen_text(constants);
}

// What the columns of the controls are.
std::string controls_text(const EvaluationReport& report) {
  if (report.controls.empty()) return {};
  std::string text =
      "kmeans (N): N real images chosen by k-means, as many as the curriculum has, or the training split";
  for (const ReportedControl& control : report.controls) {
    if (control.name == "kmeans_floats") text += "; kmeans_floats: as many as fit into the floats it stores";
    if (!control.temperatures.empty())
      text += "; " + control.name + ": with experts' soft labels, temperature by validation";
  }
  return text + "\n";
}

std::string equal_steps(const EvaluationReport& report) {
  Table table{{"learner", "curriculum", "its own step sizes", "real data"}, {}};
  for (const ReportedControl& control : report.controls) table.header.push_back(counted(control.name, control.images));
  for (const char* name : {"gain", "step sizes", "real lr", "time"}) table.header.emplace_back(name);
  std::string faults;
  for (const EvaluationRow& row : report.rows) {
    const Evaluation& e = row.evaluation;
    if (!row.fault.empty()) {
      faults += row.learner + ": not evaluated, " + row.fault + "\n";
      continue;
    }
    std::vector<std::string> cells{row.learner, plus_minus(e.synthetic), plus_minus(e.plain), plus_minus(e.real)};
    for (const TunedCurve& control : e.controls) cells.push_back(plus_minus(control.curve));
    cells.push_back(fixed(e.synthetic.mean - e.real.mean, 1));
    cells.push_back(taught_text(e.taught_by));
    cells.push_back(chosen_text(e.real_lr));
    cells.push_back(format_duration(Seconds(row.seconds)));
    table.rows.push_back(std::move(cells));
  }
  return format_table(table) + faults +
         "\ncurriculum: its step sizes times a multiplier (x), or a constant one of a grid (lr); real data" +
         (report.controls.empty() ? "" : " and controls") + ": the same grid; all chosen on validation\n" +
         controls_text(report);
}

std::string speedup_text(const EvaluationReport& report, int64_t steps) {
  Table table{{"learner", "steps", "real data needs", "times", "curriculum", "real data then", "on validation"}, {}};
  for (const EvaluationRow& row : report.rows) {
    if (!row.speedup) continue;
    const Speedup& s = *row.speedup;
    const char* const signs[] = {"", "<= ", ">= "};
    const std::string sign = signs[static_cast<size_t>(s.bound)];
    std::string way = fixed(s.target.mean, 1) + "; real";
    for (const RealBudget& budget : s.budgets)
      way += " " + std::to_string(budget.steps) + ": " + fixed(budget.accuracy.mean, 1);
    table.rows.push_back({row.learner, std::to_string(steps), sign + fixed(s.steps, 0), sign + fixed(s.ratio, 1),
                          plus_minus(row.evaluation.synthetic), plus_minus(s.found.accuracy), way});
  }
  if (table.rows.empty()) return {};
  return "\nSteps that real data needs for the curriculum's accuracy, found on validation with the best step size and\n"
         "schedule of each length; the test split then judges both\n\n" +
         format_table(table);
}

std::string to_end_text(const EvaluationReport& report, int64_t classes) {
  Table table{{"learner"}, {}};
  double per_class = 0;
  for (const EvaluationRow& row : report.rows) {
    if (row.to_end.empty()) continue;
    std::vector<std::string> cells{row.learner};
    for (const ToEndRow& set : row.to_end) {
      if (table.rows.empty()) table.header.push_back(counted(set.name, set.images));
      cells.push_back(plus_minus(set.result.curve));
    }
    per_class = static_cast<double>(row.to_end.front().images) / static_cast<double>(classes);
    table.rows.push_back(std::move(cells));
  }
  if (table.rows.empty()) return {};
  return "\nTrained to the end on " + number_text(per_class) +
         " images a class, in any order: the curriculum's and as many real ones\n\n" + format_table(table);
}

std::string order_text(const EvaluationReport& report) {
  Table table{{"learner", "as learned", "batches shuffled", "all images shuffled"}, {}};
  for (const EvaluationRow& row : report.rows)
    if (row.order)
      table.rows.push_back({row.learner, plus_minus(row.evaluation.synthetic), plus_minus(row.order->batches),
                            plus_minus(row.order->images)});
  if (table.rows.empty()) return {};
  return "\nThe curriculum in another order, the step sizes staying with their steps\n\n" + format_table(table);
}

std::string robustness_text(const EvaluationReport& report) {
  std::string text;
  for (const EvaluationRow& row : report.rows) {
    if (!row.robustness) continue;
    Table table{{"disturbance", "curriculum", "normally trained"}, {}};
    for (const Robustness::Row& line : row.robustness->rows)
      table.rows.push_back({line.disturbance.name(), plus_minus(line.synthetic), plus_minus(line.real)});
    text +=
        "\n" + row.learner + " under noise, blur and attack, in units of pixels in [0, 1]\n\n" + format_table(table);
  }
  return text;
}

}  // namespace

std::string lesson_text(const Artefact& artefact) {
  const std::string text =
      std::to_string(artefact.steps()) + " steps of " + std::to_string(artefact.images.size(1)) + " images";
  if (artefact.batches() == artefact.steps()) return text;
  return text + " (" + std::to_string(artefact.image_count()) + " different ones)";
}

std::string report_text(const EvaluationReport& report, const Artefact& artefact) {
  return artefact.dataset + ", test accuracy in % after " + lesson_text(artefact) +
         (report.seeds == 1 ? ", of one fresh learner"
                            : ", mean ± deviation of " + std::to_string(report.seeds) + " fresh learners") +
         "\n\n" + equal_steps(report) + speedup_text(report, artefact.steps()) +
         to_end_text(report, artefact.labels.size(2)) + order_text(report) + robustness_text(report);
}

CurvePlot report_plot(const EvaluationReport& report, const Artefact& artefact) {
  const EvaluationRow& row = report.rows.front();
  const Evaluation& e = row.evaluation;
  CurvePlot plot{
      .title = artefact.dataset + ": fresh networks (" + row.learner + ") on the curriculum and on real data",
      .subtitle = "test accuracy, mean and deviation of " + std::to_string(report.seeds) + " seeds, batches of " +
                  std::to_string(artefact.images.size(1)) + " images",
      .curves = {{"learned curriculum", e.synthetic.curve, e.synthetic.curve_std},
                 {"real data, best step size", e.real.curve, e.real.curve_std}}};
  for (size_t c = 0; c < e.controls.size(); ++c)
    plot.curves.push_back({report.controls[c].name, e.controls[c].curve.curve, e.controls[c].curve.curve_std});
  return plot;
}

}  // namespace gtn
