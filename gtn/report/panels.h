// Small multiples: how several quantities grow with several others, on logarithmic axes, as one chart.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace gtn {

struct Series {
  size_t style = 0;       // index of the legend's entry
  std::vector<double> x;  // ascending and positive
  std::vector<double> y;  // one for each x; a value that is not positive and finite is left out
};

struct Panel {
  std::string x_label;
  std::vector<Series> series;
};

// A row of panels with one vertical axis.
struct PanelRow {
  std::string y_label;
  std::vector<Panel> panels;
};

struct PanelPlot {
  std::string title;                // one line of about 80 characters
  std::string subtitle;             // one line of about 130
  std::vector<std::string> legend;  // up to seven
  std::vector<PanelRow> rows;
};

// An SVG file 1120 wide with a white background of its own: lines with marks, ticks where the values lie, and in each
// panel a dotted line of slope one from where its first series begins. Throws std::invalid_argument where a row has no
// panels, a series' lists differ in length or names no entry of the legend.
std::string panels_svg(const PanelPlot& plot);

// The same, written atomically to `path`; throws what write_file_atomic throws.
void write_panels(const std::filesystem::path& path, const PanelPlot& plot);

}  // namespace gtn
