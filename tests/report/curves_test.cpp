#include "gtn/report/curves.h"

#include <gmock/gmock.h>

#include <cmath>
#include <regex>

#include "gtn/report/svg.h"
#include "tests/report/support.h"

namespace gtn {
namespace {

using testing::HasSubstr;
using testing::Not;

CurvePlot two_curves() {
  return {.title = "Title",
          .subtitle = "Subtitle",
          .curves = {{"learned", {10, 60, 80}, {1, 2, 0.5}}, {"real", {10, 40, 61.27}, {}}}};
}

// The d of every path that is a line and not a band, in the order drawn: the last curve first.
std::vector<std::string> line_data(const std::string& svg) {
  std::vector<std::string> lines;
  const std::regex pattern("<path d=\"([^\"]*)\" fill=\"none\"");
  for (auto it = std::sregex_iterator(svg.begin(), svg.end(), pattern); it != std::sregex_iterator(); ++it)
    lines.push_back((*it)[1]);
  return lines;
}

// Parses with Python's XML reader and prints all text of the document.
CommandResult parse(const std::string& svg) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "a.svg", svg);
  return run_python(folder,
                    "import sys, xml.etree.ElementTree as tree\n"
                    "sys.stdout.reconfigure(encoding='utf-8')\n"
                    "print('|'.join(tree.parse(sys.argv[1]).getroot().itertext()))\n",
                    folder / "a.svg");
}

TEST(Curves, names_and_final_values_stand_in_the_picture) {
  const CommandResult text = parse(curves_svg(two_curves()));
  ASSERT_EQ(text.code, 0) << text.output;
  for (const char* part : {"Title", "Subtitle", "learned", "80.0 % ± 0.5", "real", "61.3 %", "steps of training"})
    EXPECT_THAT(text.output, HasSubstr(part));
  EXPECT_THAT(text.output, Not(HasSubstr("61.3 % ±")));
}

TEST(Curves, points_lie_where_the_axes_say) {
  // Deviations reach from 9 to 80.5, so the axis runs from 0 to 100 by 20, on pixels 422 to 84.
  const std::vector<std::string> lines = line_data(curves_svg(two_curves()));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], testing::StartsWith("M70,388.2 L"));
  EXPECT_THAT(lines[1], testing::EndsWith(",151.6"));
  EXPECT_THAT(curves_svg(two_curves()), HasSubstr(">100</text>"));
}

TEST(Curves, another_figure_has_places_limits_and_a_unit_of_its_own) {
  CurvePlot plot = two_curves();
  plot.places = {"1", "8", "64"};
  plot.curves = {{"teacher", {-0.5, 0.25, 0.83}, {}}, {"params", {0.4, 0.4}, {}}};
  plot.unit = "";
  plot.least = -1;
  plot.most = 1;
  plot.digits = 2;
  const std::string svg = curves_svg(plot);
  for (const char* part : {">64</text>", ">0.83</text>", ">-0.5</text>", ">1.0</text>"})
    EXPECT_THAT(svg, HasSubstr(part));
  // From -0.5 to 1 by 0.5, on pixels 422 to 84.
  EXPECT_THAT(line_data(svg)[1], testing::StartsWith("M70,422 L"));
  EXPECT_THAT(line_data(svg)[1], testing::EndsWith(",122.31"));
}

TEST(Curves, a_gap_where_values_are_not_finite_and_diverged_where_the_last_is_not) {
  CurvePlot plot = two_curves();
  plot.curves[0].mean = {10, 20, std::nan(""), 40, 50};
  plot.curves[0].std = {1, 1, std::nan(""), std::nan(""), 1};
  plot.curves[1].mean = {10, std::numeric_limits<double>::infinity(), std::nan("")};
  plot.curves.push_back({"never", {std::nan("")}, {std::nan("")}});
  const std::string svg = curves_svg(plot);
  EXPECT_EQ(line_data(svg).size(), 3u);
  EXPECT_THAT(svg, HasSubstr("never: diverged"));
  EXPECT_THAT(svg, HasSubstr("real: diverged"));
  EXPECT_THAT(svg, HasSubstr("learned: 50.0 % ± 1.0"));
  EXPECT_THAT(svg, Not(testing::ContainsRegex("nan|inf")));
}

TEST(Curves, labels_of_close_ends_do_not_overlap_and_stay_inside) {
  CurvePlot plot = two_curves();
  plot.curves.clear();
  for (int i = 0; i < 8; ++i) plot.curves.push_back({"n" + std::to_string(i), {50, 10.0 + i * 0.01}, {}});
  const std::string svg = curves_svg(plot);
  std::vector<double> heights;
  const std::regex pattern("y=\"([0-9.]+)\"[^>]*text-anchor=\"start\">n[0-9]<");
  for (auto it = std::sregex_iterator(svg.begin(), svg.end(), pattern); it != std::sregex_iterator(); ++it)
    heights.push_back(std::stod((*it)[1]));
  ASSERT_EQ(heights.size(), 8u);
  for (size_t i = 1; i < heights.size(); ++i) EXPECT_GE(heights[i], heights[i - 1] + 37.9);
  EXPECT_GT(heights.front(), 80);
  EXPECT_LT(heights.back(), 440);
  EXPECT_THAT(svg, HasSubstr("stroke-dasharray"));  // the eighth curve repeats the first colour
}

TEST(Curves, any_name_is_well_formed_xml) {
  CurvePlot plot = two_curves();
  const std::string nasty = "a<b & \"c\" 'd' ]]> \x01 \xff é";
  plot.title = plot.subtitle = plot.x_label = plot.y_label = plot.curves[0].name = nasty;
  const CommandResult text = parse(curves_svg(plot));
  ASSERT_EQ(text.code, 0) << text.output;
  EXPECT_THAT(text.output, HasSubstr("a<b & \"c\" 'd' ]]> \xef\xbf\xbd \xef\xbf\xbd é"));
}

TEST(Curves, ticks_follow_a_narrow_range) {
  CurvePlot plot = two_curves();
  plot.curves = {{"one", {97.1, 97.4}, {}}, {"two", {97.0, 97.2, 97.6}, {}}};
  EXPECT_THAT(curves_svg(plot), testing::AllOf(HasSubstr(">97.2</text>"), HasSubstr(">97.8</text>")));
}

TEST(Curves, refuses_what_cannot_be_drawn) {
  CurvePlot plot = two_curves();
  plot.curves[0].std.pop_back();
  EXPECT_THAT(message_of<std::invalid_argument>([&] { curves_svg(plot); }),
              HasSubstr("'learned' has 3 means and 2 deviations"));
  plot.curves[0] = {"empty", {}, {}};
  EXPECT_THAT(message_of<std::invalid_argument>([&] { curves_svg(plot); }), HasSubstr("'empty' has no values"));
  plot.curves.clear();
  EXPECT_THROW(curves_svg(plot), std::invalid_argument);
}

TEST(Curves, written_as_they_are) {
  const TemporaryFolder folder;
  write_curves(folder / "c.svg", two_curves());
  EXPECT_EQ(read_file(folder / "c.svg"), curves_svg(two_curves()));
}

TEST(Svg, escapes_all_markup) { EXPECT_EQ(xml_escape("<&>\"'é"), "&lt;&amp;&gt;&quot;&#39;é"); }

}  // namespace
}  // namespace gtn
