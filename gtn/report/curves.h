// Accuracy after every step of training, or another figure after a few numbers of steps, as a chart.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace gtn {

struct Curve {
  std::string name;
  std::vector<double> mean;  // at 0, 1, ... on the axis of steps; a value that is not finite leaves a gap
  std::vector<double> std;   // one standard deviation, drawn as a band; as long as `mean`, or empty for none
};

struct CurvePlot {
  std::string title;     // one line of about 60 characters
  std::string subtitle;  // one line of about 100
  std::string x_label = "steps of training";
  std::string y_label = "accuracy, %";
  std::vector<Curve> curves;             // seven colours, then the same dashed
  std::vector<std::string> places = {};  // what stands under 0, 1, ... (empty: round numbers of steps)
  std::string unit = " %";               // of the values, behind each curve's last
  double least = 0, most = 100;          // values the vertical axis does not go beyond
  int digits = 1;                        // of the values behind the curves
};

// An SVG file of 860 x 480 with a white background of its own: a line and a band of one standard deviation for each
// curve, its name and final value beside its end. The colours are Okabe and Ito's, which colour-blind people tell
// apart. Throws std::invalid_argument where there is no curve, one has no values, or `std` and `mean` differ in length.
std::string curves_svg(const CurvePlot& plot);

// The same, written atomically to `path`; throws what write_file_atomic throws.
void write_curves(const std::filesystem::path& path, const CurvePlot& plot);

}  // namespace gtn
