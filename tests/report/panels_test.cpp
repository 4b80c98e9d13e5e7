#include "gtn/report/panels.h"

#include <gmock/gmock.h>

#include <cmath>
#include <regex>

#include "tests/report/support.h"

namespace gtn {
namespace {

using testing::HasSubstr;

PanelPlot two_panels() {
  const Panel steps{"steps", {{0, {1, 10, 100}, {2, 20, 200}}, {1, {1, 10, 100}, {5, 5, 5}}}};
  const Panel batch{"batch", {{0, {16, 32}, {3, std::nan("")}}}};
  return {.title = "Title",
          .subtitle = "Sub & title",
          .legend = {"ours", "theirs"},
          .rows = {{"seconds", {steps, batch}}, {"MB", {batch}}}};
}

std::vector<std::string> lines_of(const std::string& svg) {
  std::vector<std::string> lines;
  const std::regex pattern("<path d=\"([^\"]*)\" fill=\"none\"");
  for (auto it = std::sregex_iterator(svg.begin(), svg.end(), pattern); it != std::sregex_iterator(); ++it)
    lines.push_back((*it)[1]);
  return lines;
}

TEST(Panels, axes_legend_and_ticks_stand_in_a_well_formed_picture) {
  const TemporaryFolder folder;
  write_panels(folder / "a.svg", two_panels());
  const CommandResult text = run_python(folder,
                                        "import sys, xml.etree.ElementTree as tree\n"
                                        "print('|'.join(tree.parse(sys.argv[1]).getroot().itertext()))\n",
                                        folder / "a.svg");
  ASSERT_EQ(text.code, 0) << text.output;
  for (const char* part : {"Title", "Sub & title", "ours", "theirs", "in proportion", "seconds", "MB", "steps", "batch",
                           "|16|", "|32|", "|100|"})
    EXPECT_THAT(text.output, HasSubstr(part));
}

TEST(Panels, axes_are_logarithmic) {
  const std::vector<std::string> lines = lines_of(panels_svg(two_panels()));
  ASSERT_EQ(lines.size(), 4u);
  double x[3], y[3];
  // The second series is drawn first, so that the first lies on top.
  ASSERT_EQ(std::sscanf(lines[1].c_str(), "M%lf,%lf L%lf,%lf L%lf,%lf", x, y, x + 1, y + 1, x + 2, y + 2), 6);
  EXPECT_NEAR(x[1] - x[0], x[2] - x[1], 0.02);
  EXPECT_NEAR(y[1] - y[0], y[2] - y[1], 0.02);
  EXPECT_LT(y[1], y[0]) << "upwards";
  ASSERT_EQ(std::sscanf(lines[0].c_str(), "M%lf,%lf L%lf,%lf", x, y, x + 1, y + 1), 4);
  EXPECT_EQ(y[0], y[1]);
}

TEST(Panels, what_was_not_measured_is_left_out) {
  EXPECT_EQ(lines_of(panels_svg(two_panels()))[2].find(" L"), std::string::npos);
  PanelPlot plot = two_panels();
  plot.rows[1].panels[0].series[0].y = {std::nan(""), 0};
  EXPECT_THAT(panels_svg(plot), testing::Not(HasSubstr("nan")));
}

TEST(Panels, a_plot_that_does_not_fit_together_is_refused) {
  PanelPlot plot = two_panels();
  plot.rows[0].panels[0].series[0].y.pop_back();
  EXPECT_THROW(panels_svg(plot), std::invalid_argument);
  plot = two_panels();
  plot.rows[0].panels[0].series[1].style = 2;
  EXPECT_THROW(panels_svg(plot), std::invalid_argument);
  plot = two_panels();
  plot.rows[1].panels.clear();
  EXPECT_THROW(panels_svg(plot), std::invalid_argument);
}

}  // namespace
}  // namespace gtn
