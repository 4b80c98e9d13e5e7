#include "gtn/report/panels.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "gtn/core/file.h"
#include "gtn/report/svg.h"
#include "gtn/report/table.h"
#include "gtn/report/utf8.h"

namespace gtn {
namespace {

constexpr int kPageWidth = 1120;
constexpr double kPanelLeft = 76, kPanelRight = kPageWidth - 24, kPanelTop = 104;  // of all panels
constexpr double kPanelHeight = 206, kPitch = 270;  // of a panel, and from one row to the next
constexpr double kPanelGap = 24;                    // between two panels of a row
constexpr std::string_view kTick = R"(font-size="12" fill="#555555")";
constexpr std::string_view kLabel = R"(font-size="13" fill="#333333")";

bool shown(double value) { return std::isfinite(value) && value > 0; }

void check(const PanelPlot& plot) {
  for (const PanelRow& row : plot.rows) {
    if (row.panels.empty()) throw std::invalid_argument("panels_svg: a row has no panels");
    for (const Panel& panel : row.panels) {
      for (const Series& series : panel.series) {
        if (series.x.size() != series.y.size())
          throw std::invalid_argument("panels_svg: '" + panel.x_label + "' has " + std::to_string(series.x.size()) +
                                      " places and " + std::to_string(series.y.size()) + " values");
        if (series.style >= plot.legend.size() || series.style >= kSeriesColours.size())
          throw std::invalid_argument("panels_svg: the legend has no entry " + std::to_string(series.style));
      }
    }
  }
}

std::string panel_colour(size_t style) { return std::string(kSeriesColours[style]); }

// A logarithmic axis: `low` to `high` on pixels `from` to `to`.
struct LogAxis {
  double low = INFINITY, high = 0, from = 0, to = 0;

  void include(double value) {
    if (!shown(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  // Room beside the outermost values, also where there is but one or none.
  void widen(double factor) {
    if (low > high) low = high = 1;
    low /= factor;
    high *= factor;
  }
  double operator()(double value) const { return from + std::log(value / low) / std::log(high / low) * (to - from); }
};

// Round numbers within the axis: whole decades, or 1, 2 and 5 of each where those are fewer than three.
std::vector<double> round_values(const LogAxis& axis) {
  std::vector<double> decades, fine;
  for (int power = static_cast<int>(std::floor(std::log10(axis.low))); std::pow(10, power) <= axis.high; ++power) {
    for (const int digit : {1, 2, 5}) {
      const double value = digit * std::pow(10, power);
      if (value < axis.low || value > axis.high) continue;
      fine.push_back(value);
      if (digit == 1) decades.push_back(value);
    }
  }
  return decades.size() < 3 ? fine : decades;
}

// "0.05", "20", "5000".
std::string short_number(double value) {
  return fixed(value, value < 1 ? static_cast<int>(std::ceil(-std::log10(value) - 1e-9)) : 0);
}

void draw_axes(Svg& svg, const Panel& panel, const LogAxis& x, const LogAxis& y, bool first) {
  for (const double value : round_values(y)) {
    svg.line({x.from, y(value)}, {x.to, y(value)}, R"(stroke="#e4e4e4")");
    if (first) svg.text({x.from - 8, y(value) + 4}, Anchor::end, short_number(value), kTick);
  }
  std::vector<double> ticks;
  for (const Series& series : panel.series) ticks.insert(ticks.end(), series.x.begin(), series.x.end());
  std::ranges::sort(ticks);
  ticks.erase(std::unique(ticks.begin(), ticks.end()), ticks.end());
  for (const double value : ticks) {
    svg.line({x(value), y.from}, {x(value), y.from + 5}, R"(stroke="#888888")");
    svg.text({x(value), y.from + 19}, Anchor::middle, short_number(value), kTick);
  }
  svg.line({x.from, y.from}, {x.to, y.from}, R"(stroke="#888888")");
  svg.text({(x.from + x.to) / 2, y.from + 38}, Anchor::middle, panel.x_label, kLabel);
}

// From where a series begins, as steep as proportion is, to the panel's edge.
void draw_proportion(Svg& svg, const Series& series, const LogAxis& x, const LogAxis& y) {
  for (size_t i = 0; i < series.x.size(); ++i) {
    if (!shown(series.y[i])) continue;
    const double end = std::min(series.x.back(), series.x[i] * y.high / series.y[i]);
    svg.line({x(series.x[i]), y(series.y[i])}, {x(end), y(series.y[i] * end / series.x[i])},
             R"(stroke="#999999" stroke-dasharray="2 4")");
    return;
  }
}

void draw_series(Svg& svg, const Series& series, const LogAxis& x, const LogAxis& y) {
  std::string line;
  const std::string colour = panel_colour(series.style);
  for (size_t i = 0; i < series.x.size(); ++i)
    if (shown(series.y[i])) line += (line.empty() ? "M" : " L") + coordinates({x(series.x[i]), y(series.y[i])});
  svg.path(line, "fill=\"none\" stroke=\"" + colour + "\" stroke-width=\"2\" stroke-linejoin=\"round\"");
  for (size_t i = 0; i < series.x.size(); ++i)
    if (shown(series.y[i]))
      svg.circle({x(series.x[i]), y(series.y[i])}, 3.5,
                 "fill=\"" + colour + "\" stroke=\"#ffffff\" stroke-width=\"1.2\"");
}

void draw_row(Svg& svg, const PanelRow& row, double top) {
  LogAxis y{.from = top + kPanelHeight, .to = top};
  for (const Panel& panel : row.panels)
    for (const Series& series : panel.series)
      for (const double value : series.y) y.include(value);
  y.widen(1.25);
  const auto count = static_cast<double>(row.panels.size());
  const double width = (kPanelRight - kPanelLeft - (count - 1) * kPanelGap) / count;
  for (size_t i = 0; i < row.panels.size(); ++i) {
    const Panel& panel = row.panels[i];
    const double left = kPanelLeft + static_cast<double>(i) * (width + kPanelGap);
    LogAxis x{.from = left, .to = left + width};
    for (const Series& series : panel.series)
      for (const double value : series.x) x.include(value);
    x.widen(1.15);
    draw_axes(svg, panel, x, y, i == 0);
    if (!panel.series.empty()) draw_proportion(svg, panel.series.front(), x, y);
    for (size_t s = panel.series.size(); s-- > 0;) draw_series(svg, panel.series[s], x, y);  // the first lies on top
  }
  svg.text_turned({20, top + kPanelHeight / 2}, row.y_label, kLabel);
}

void draw_legend(Svg& svg, const std::vector<std::string>& legend) {
  double x = kPanelLeft;
  for (size_t i = 0; i < legend.size(); ++i) {
    svg.line({x, 82}, {x + 22, 82}, "stroke=\"" + panel_colour(i) + "\" stroke-width=\"2.5\"");
    svg.circle({x + 11, 82}, 3.5, "fill=\"" + panel_colour(i) + "\"");
    svg.text({x + 30, 86}, Anchor::start, legend[i], kLabel);
    x += 60 + 7.0 * static_cast<double>(decode_utf8(legend[i]).size());
  }
  svg.line({x, 82}, {x + 22, 82}, R"(stroke="#999999" stroke-dasharray="2 4")");
  svg.text({x + 30, 86}, Anchor::start, "in proportion", kLabel);
}

}  // namespace

std::string panels_svg(const PanelPlot& plot) {
  check(plot);
  Svg svg(kPageWidth, static_cast<int>(kPanelTop + kPitch * static_cast<double>(plot.rows.size())));
  svg.text({24, 34}, Anchor::start, plot.title, R"(font-size="19" font-weight="600" fill="#111111")");
  svg.text({24, 57}, Anchor::start, plot.subtitle, R"(font-size="13" fill="#555555")");
  draw_legend(svg, plot.legend);
  for (size_t i = 0; i < plot.rows.size(); ++i)
    draw_row(svg, plot.rows[i], kPanelTop + kPitch * static_cast<double>(i));
  return svg.finish(plot.title, plot.subtitle);
}

void write_panels(const std::filesystem::path& path, const PanelPlot& plot) {
  write_file_atomic(path, panels_svg(plot));
}

}  // namespace gtn
