// The figures of gtn bench --scaling for people and for programs, and as a picture.
#include <cmath>

#include "cli/bench_report.h"
#include "cli/bench_scaling.h"
#include "gtn/core/version.h"
#include "gtn/report/table.h"

namespace gtn {
namespace {

struct Quantity {
  const char* name;  // in JSON
  Figure ScalingFigures::*figure;
};
constexpr Quantity kQuantities[] = {
    {"lean_s", &ScalingFigures::lean_s},         {"kept_s", &ScalingFigures::kept_s},
    {"autograd_s", &ScalingFigures::autograd_s}, {"lean_mb", &ScalingFigures::lean_mb},
    {"kept_mb", &ScalingFigures::kept_mb},       {"autograd_mb", &ScalingFigures::autograd_mb},
};

std::vector<Figure> column(const std::vector<ScalingFigures>& rows, Figure ScalingFigures::*figure) {
  std::vector<Figure> values;
  for (const ScalingFigures& row : rows) values.push_back(row.*figure);
  return values;
}

// Slope of the least-squares line through the points.
Figure slope(const std::vector<std::array<double, 2>>& points) {
  double x = 0, y = 0, xx = 0, xy = 0;
  const auto n = static_cast<double>(points.size());
  for (const auto& [px, py] : points) {
    x += px;
    y += py;
    xx += px * px;
    xy += px * py;
  }
  const double spread = n * xx - x * x;
  return points.size() < 2 || spread <= 0 ? std::nullopt : Figure((n * xy - x * y) / spread);
}

std::string cell(const Figure& figure, int digits) { return figure ? fixed(*figure, digits) : "-"; }
std::string seconds(const Figure& figure) { return cell(figure, figure && *figure < 1 ? 3 : 2); }
std::string megabytes(const Figure& figure) { return cell(figure, figure && *figure < 100 ? 1 : 0); }
Figure of_bound(const ScalingFigures& f) { return f.lean_mb ? Figure(*f.lean_mb / f.bound_mb) : std::nullopt; }

std::string base_text(const ScalingCase& base) {
  return std::to_string(base.steps) + " steps, batches of " + std::to_string(base.batch) + ", width " +
         std::to_string(base.width) + ", one learner";
}

Table sweep_table(const Sweep& sweep, const std::vector<ScalingFigures>& rows) {
  Table table{
      {sweep.name, "lean s", "kept s", "autograd s", "lean MB", "bound MB", "of bound", "kept MB", "autograd MB"}, {}};
  for (size_t i = 0; i < rows.size(); ++i) {
    const ScalingFigures& f = rows[i];
    table.rows.push_back({std::to_string(sweep.values[i]), seconds(f.lean_s), seconds(f.kept_s), seconds(f.autograd_s),
                          megabytes(f.lean_mb), megabytes(f.bound_mb), cell(of_bound(f), 2), megabytes(f.kept_mb),
                          megabytes(f.autograd_mb)});
  }
  return table;
}

Table exponent_table(const ScalingReport& report) {
  Table table{{"exponent of", "lean s", "kept s", "autograd s", "lean MB", "kept MB", "autograd MB"}, {}};
  for (size_t s = 0; s < report.figures.size(); ++s) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row.push_back(report.plan.sweeps[s].name);
    for (const Quantity& q : kQuantities)
      row.push_back(cell(growth_exponent(report.plan.sweeps[s].values, column(report.figures[s], q.figure)), 2));
  }
  return table;
}

// A panel for each sweep, a series for each quantity.
PanelRow panel_row(const ScalingReport& report, const std::string& y_label, std::span<const Quantity> quantities) {
  PanelRow row{.y_label = y_label, .panels = {}};
  for (size_t s = 0; s < report.figures.size(); ++s) {
    const Sweep& sweep = report.plan.sweeps[s];
    Panel& panel = row.panels.emplace_back(Panel{.x_label = sweep.name, .series = {}});
    for (size_t q = 0; q < quantities.size(); ++q) {
      Series& series = panel.series.emplace_back(Series{.style = q, .x = {}, .y = {}});
      for (size_t i = 0; i < sweep.values.size(); ++i) {
        series.x.push_back(static_cast<double>(sweep.values[i]));
        series.y.push_back((report.figures[s][i].*quantities[q].figure).value_or(std::nan("")));
      }
    }
  }
  return row;
}

}  // namespace

Figure growth_exponent(const std::vector<int64_t>& x, const std::vector<Figure>& y) {
  std::vector<std::array<double, 2>> points;
  for (size_t i = 0; i < x.size(); ++i)
    if (y[i] && *y[i] > 0) points.push_back({std::log(static_cast<double>(x[i])), std::log(*y[i])});
  return slope(points);
}

Figure lean_mb_a_step(const ScalingReport& report) {
  std::vector<std::array<double, 2>> points;
  for (size_t s = 0; s < report.figures.size(); ++s) {
    const Sweep& sweep = report.plan.sweeps[s];
    if (sweep.variable != &ScalingCase::steps) continue;
    for (size_t i = 0; i < sweep.values.size(); ++i)
      if (const Figure mb = report.figures[s][i].lean_mb) points.push_back({static_cast<double>(sweep.values[i]), *mb});
  }
  return slope(points);
}

Json to_json(const ScalingReport& report) {
  Json json{{"program", "gtn " GTN_VERSION},
            {"machine", machine_json(report.machine, report.threads)},
            {"learner", report.learner},
            {"base", Json::object()},
            {"lean_mb_a_step", rounded(lean_mb_a_step(report))},
            {"sweeps", Json::array()},
            {"skipped", report.skipped}};
  for (size_t s = 0; s < report.figures.size(); ++s) {
    const Sweep& sweep = report.plan.sweeps[s];
    json["base"][sweep.name] = report.plan.base.*sweep.variable;
    Json& entry =
        json["sweeps"].emplace_back(Json{{"name", sweep.name}, {"rows", Json::array()}, {"exponents", Json::object()}});
    for (size_t i = 0; i < sweep.values.size(); ++i) {
      const ScalingFigures& f = report.figures[s][i];
      Json row{{"value", sweep.values[i]}};
      for (const Quantity& q : kQuantities) row[q.name] = rounded(f.*q.figure);
      row["bound_mb"] = rounded(f.bound_mb);
      row["step_mb"] = rounded(f.step_mb);
      entry["rows"].push_back(std::move(row));
    }
    for (const Quantity& q : kQuantities)
      entry["exponents"][q.name] = rounded(growth_exponent(sweep.values, column(report.figures[s], q.figure)));
  }
  return json;
}

std::string to_text(const ScalingReport& report) {
  std::string text = machine_text(report.machine, report.threads) + "\n" + report.learner + "\nat 28 x 28; around " +
                     base_text(report.plan.base) + "\n\n";
  for (size_t s = 0; s < report.figures.size(); ++s)
    text += format_table(sweep_table(report.plan.sweeps[s], report.figures[s])) + "\n";
  text += format_table(exponent_table(report)) +
          "\nseconds and MB of one meta-gradient (of all learners, one after another). lean: the trajectory alone is "
          "kept; kept: activations\n  too; autograd: reverse over reverse in one graph through all steps. MB: growth "
          "of the process beyond its inputs.\nbound: trajectory, gradients at the images and three steps' activations. "
          "exponent p: grows as size^p, by least squares.\n";
  for (size_t s = 0; s < report.figures.size(); ++s) {
    if (report.plan.sweeps[s].variable != &ScalingCase::steps || !lean_mb_a_step(report)) continue;
    text += "one more step: " + cell(lean_mb_a_step(report), 3) + " MB lean; its part of trajectory and gradients is " +
            fixed(report.figures[s].front().step_mb, 3) + " MB\n";
  }
  for (const std::string& what : report.skipped) text += "skipped: " + what + "\n";
  return text;
}

PanelPlot to_plot(const ScalingReport& report) {
  const std::span<const Quantity> all(kQuantities);
  return {.title = "How a meta-gradient's cost and memory grow",
          .subtitle = "Around " + base_text(report.plan.base) + " of two convolutions; " +
                      std::to_string(report.threads) + (report.threads == 1 ? " thread" : " threads"),
          .legend = {"gtn, trajectory alone", "gtn, activations kept", "autograd, one graph"},
          .rows = {panel_row(report, "seconds", all.first(3)), panel_row(report, "memory, MB", all.last(3))}};
}

}  // namespace gtn
