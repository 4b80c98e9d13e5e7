#include "gtn/report/curves.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "gtn/core/file.h"
#include "gtn/report/svg.h"
#include "gtn/report/table.h"
#include "gtn/report/utf8.h"

namespace gtn {
namespace {

constexpr int kWidth = 860;
constexpr int kHeight = 480;
constexpr double kLeft = 70, kTop = 84, kBottom = kHeight - 58;  // of the plotting area
constexpr double kLabelIndent = 30;                              // from a curve's end to its label
constexpr double kLabelPitch = 38;

void check(const CurvePlot& plot) {
  if (plot.curves.empty()) throw std::invalid_argument("curves_svg: there is no curve to draw");
  for (const Curve& curve : plot.curves) {
    if (curve.mean.empty()) throw std::invalid_argument("curves_svg: '" + curve.name + "' has no values");
    if (!curve.std.empty() && curve.std.size() != curve.mean.size())
      throw std::invalid_argument("curves_svg: '" + curve.name + "' has " + std::to_string(curve.mean.size()) +
                                  " means and " + std::to_string(curve.std.size()) + " deviations");
  }
}

// Half the height of the band at a step; none where it is unknown.
double deviation(const Curve& curve, size_t step) {
  return curve.std.empty() || !std::isfinite(curve.std[step]) ? 0 : curve.std[step];
}

// One axis: values `low` to `high` on pixels `from` to `to`, a tick each `step`.
struct Axis {
  double low, high, from, to, step;
  double operator()(double value) const { return from + (value - low) / (high - low) * (to - from); }
};

// The smallest of 1, 2, 5 times a power of ten that cuts `length` into at most `most` parts, and not below `least`.
double round_step(double length, int most, double least) {
  const double power = std::pow(10, std::floor(std::log10(length / most)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (length / (factor * power) <= most) return std::max(least, factor * power);
  return std::max(least, 10 * power);
}

Axis step_axis(const CurvePlot& plot, double right) {
  size_t longest = 2;
  for (const Curve& curve : plot.curves) longest = std::max(longest, curve.mean.size());
  const double last = static_cast<double>(longest - 1);
  return {0, last, kLeft, right, plot.places.empty() ? round_step(last, 10, 1) : 1};
}

// The round numbers that enclose every band, within what the values can be.
Axis value_axis(const CurvePlot& plot) {
  double low = plot.most, high = plot.least;
  for (const Curve& curve : plot.curves) {
    for (size_t i = 0; i < curve.mean.size(); ++i) {
      if (!std::isfinite(curve.mean[i])) continue;
      low = std::min(low, curve.mean[i] - deviation(curve, i));
      high = std::max(high, curve.mean[i] + deviation(curve, i));
    }
  }
  if (low > high) low = plot.least, high = plot.most;
  const double shortest = (plot.most - plot.least) / 100;
  low = std::clamp(low, plot.least, plot.most - shortest);
  high = std::clamp(high, low + shortest, plot.most);
  const double step = round_step(high - low, 6, shortest / 10);
  return {std::floor(low / step) * step, std::ceil(high / step) * step, kBottom, kTop, step};
}

void draw_axes(Svg& svg, const CurvePlot& plot, const Axis& x, const Axis& y) {
  constexpr std::string_view kTick = R"(font-size="12" fill="#555555")";
  constexpr std::string_view kLabel = R"(font-size="13" fill="#333333")";
  const int digits = y.step < 0.1 ? 2 : y.step < 1 ? 1 : 0;
  for (int i = 0; y.low + i * y.step <= y.high + 1e-9; ++i) {
    const double value = y.low + i * y.step;
    svg.line({x.from, y(value)}, {x.to, y(value)}, R"(stroke="#e4e4e4")");
    svg.text({x.from - 10, y(value) + 4}, Anchor::end, fixed(value, digits), kTick);
  }
  for (double value = x.low; value <= x.high; value += x.step) {
    const auto place = static_cast<size_t>(value);
    svg.line({x(value), kBottom}, {x(value), kBottom + 5}, R"(stroke="#888888")");
    svg.text({x(value), kBottom + 20}, Anchor::middle,
             place < plot.places.size() ? plot.places[place] : fixed(value, 0), kTick);
  }
  svg.line({x.from, kBottom}, {x.to, kBottom}, R"(stroke="#888888")");
  svg.text({(x.from + x.to) / 2, kBottom + 42}, Anchor::middle, plot.x_label, kLabel);
  svg.text_turned({20, (y.from + y.to) / 2}, plot.y_label, kLabel);
}

// The runs of steps at which a curve is finite, as [first, last].
std::vector<std::pair<size_t, size_t>> finite_runs(const Curve& curve) {
  std::vector<std::pair<size_t, size_t>> runs;
  for (size_t i = 0; i < curve.mean.size(); ++i) {
    if (!std::isfinite(curve.mean[i])) continue;
    if (!runs.empty() && runs.back().second + 1 == i)
      runs.back().second = i;
    else
      runs.emplace_back(i, i);
  }
  return runs;
}

std::string colour_of(size_t curve) { return std::string(kSeriesColours[curve % kSeriesColours.size()]); }

// Where a curve passes at a step, `sign` deviations away from its mean.
std::string place(const Curve& curve, size_t step, double sign, const Axis& x, const Axis& y) {
  const double value = std::clamp(curve.mean[step] + sign * deviation(curve, step), y.low, y.high);
  return coordinates({x(static_cast<double>(step)), y(value)});
}

void draw_band(Svg& svg, const Curve& curve, const std::string& colour, const Axis& x, const Axis& y) {
  if (curve.std.empty()) return;
  for (const auto& [first, last] : finite_runs(curve)) {
    std::string outline;
    for (size_t i = first; i <= last; ++i) outline += (i == first ? "M" : " L") + place(curve, i, 1, x, y);
    for (size_t i = last + 1; i-- > first;) outline += " L" + place(curve, i, -1, x, y);
    svg.path(outline + " Z", "fill=\"" + colour + "\" fill-opacity=\"0.18\"");
  }
}

void draw_line(Svg& svg, const Curve& curve, const std::string& colour, std::string_view dashes, const Axis& x,
               const Axis& y) {
  for (const auto& [first, last] : finite_runs(curve)) {
    std::string line;
    for (size_t i = first; i <= last; ++i) line += (i == first ? "M" : " L") + place(curve, i, 0, x, y);
    std::string style = "fill=\"none\" stroke=\"" + colour + "\" stroke-width=\"2.5\" stroke-linejoin=\"round\"";
    svg.path(line, style.append(" stroke-linecap=\"round\"").append(dashes));
  }
}

// A curve's end and what stands beside it.
struct EndLabel {
  size_t curve;
  Point end;
  double y;  // of the label, pushed away from its neighbours
  std::string value;
};

std::vector<EndLabel> end_labels(const CurvePlot& plot, const Axis& x, const Axis& y) {
  std::vector<EndLabel> labels;
  for (size_t c = 0; c < plot.curves.size(); ++c) {
    const Curve& curve = plot.curves[c];
    const auto runs = finite_runs(curve);
    const size_t last = curve.mean.size() - 1, shown = runs.empty() ? last : runs.back().second;
    const double height = runs.empty() ? y.low : std::clamp(curve.mean[shown], y.low, y.high);
    std::string value = runs.empty() || shown != last ? "diverged" : fixed(curve.mean[last], plot.digits) + plot.unit;
    if (shown == last && !runs.empty() && !curve.std.empty())
      value += " ± " + fixed(deviation(curve, last), plot.digits);
    labels.push_back({c, {x(static_cast<double>(shown)), y(height)}, y(height), value});
  }
  std::stable_sort(labels.begin(), labels.end(), [](const auto& a, const auto& b) { return a.y < b.y; });
  const double pitch = std::min(kLabelPitch, (kBottom - kTop) / static_cast<double>(labels.size()));
  for (size_t i = 1; i < labels.size(); ++i) labels[i].y = std::max(labels[i].y, labels[i - 1].y + pitch);
  double lowest = kBottom - 8;
  for (size_t i = labels.size(); i-- > 0; lowest = labels[i].y - pitch) labels[i].y = std::min(labels[i].y, lowest);
  return labels;
}

void draw_labels(Svg& svg, const CurvePlot& plot, const std::vector<EndLabel>& labels, double right) {
  for (const EndLabel& label : labels) {
    const std::string stroke = "stroke=\"" + colour_of(label.curve) + "\"";
    const double x = right + kLabelIndent;
    svg.line(label.end, {x - 8, label.y}, stroke + " stroke-opacity=\"0.6\"");
    svg.circle(label.end, 4, "fill=\"" + colour_of(label.curve) + "\" stroke=\"#ffffff\" stroke-width=\"1.5\"");
    svg.line({x - 8, label.y - 13}, {x - 8, label.y + 17}, stroke + " stroke-width=\"4\"");
    svg.text({x, label.y - 1}, Anchor::start, plot.curves[label.curve].name,
             R"(font-size="13" font-weight="600" fill="#111111")");
    svg.text({x, label.y + 15}, Anchor::start, label.value, R"(font-size="13" fill="#333333")");
  }
}

// Room for the longest label, whose glyphs are about 7.5 pixels wide.
double right_edge(const CurvePlot& plot) {
  size_t longest = 12;
  for (const Curve& curve : plot.curves) longest = std::max(longest, decode_utf8(curve.name).size());
  return kWidth - kLabelIndent - 14 - std::min(7.5 * static_cast<double>(longest), 0.4 * kWidth);
}

}  // namespace

std::string curves_svg(const CurvePlot& plot) {
  check(plot);
  Svg svg(kWidth, kHeight);
  svg.text({24, 34}, Anchor::start, plot.title, R"(font-size="19" font-weight="600" fill="#111111")");
  svg.text({24, 57}, Anchor::start, plot.subtitle, R"(font-size="13" fill="#555555")");
  const Axis x = step_axis(plot, right_edge(plot)), y = value_axis(plot);
  draw_axes(svg, plot, x, y);
  for (size_t c = 0; c < plot.curves.size(); ++c) draw_band(svg, plot.curves[c], colour_of(c), x, y);
  for (size_t c = plot.curves.size(); c-- > 0;)  // the first lies on top
    draw_line(svg, plot.curves[c], colour_of(c), c < kSeriesColours.size() ? "" : R"( stroke-dasharray="7 5")", x, y);
  const std::vector<EndLabel> labels = end_labels(plot, x, y);
  draw_labels(svg, plot, labels, x.to);

  std::string description = plot.subtitle;
  for (const EndLabel& label : labels) description += "; " + plot.curves[label.curve].name + ": " + label.value;
  return svg.finish(plot.title, description);
}

void write_curves(const std::filesystem::path& path, const CurvePlot& plot) {
  write_file_atomic(path, curves_svg(plot));
}

}  // namespace gtn
