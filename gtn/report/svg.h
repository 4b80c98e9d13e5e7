// The few words of SVG that our charts speak.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace gtn {

// Okabe and Ito (2008), whom colour-blind people can follow, without the yellow that white paper swallows.
constexpr std::array<std::string_view, 7> kSeriesColours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                            "#E69F00", "#56B4E9", "#000000"};

// Text for an element or a quoted attribute of XML 1.0: markup characters as entities, bytes that are no UTF-8 and
// characters that XML forbids as U+FFFD. The result is well-formed whatever goes in.
std::string xml_escape(std::string_view text);

struct Point {
  double x = 0;
  double y = 0;
};

enum class Anchor { start, middle, end };

// Collects elements; coordinates in pixels, y downwards, written with two digits.
class Svg {
 public:
  Svg(int width, int height) : width_(width), height_(height) {}

  // `attributes` is written as it stands: stroke="#ddd".
  void line(Point from, Point to, std::string_view attributes);
  void path(std::string_view data, std::string_view attributes);
  void circle(Point centre, double radius, std::string_view attributes);
  void text(Point at, Anchor anchor, std::string_view content, std::string_view attributes);
  // Text centred on `at` that reads upwards.
  void text_turned(Point at, std::string_view content, std::string_view attributes);

  // The whole file, on a white background of its own. `title` and `description` are what a screen reader says.
  std::string finish(std::string_view title, std::string_view description) const;

 private:
  int width_;
  int height_;
  std::string body_;
};

// "12.5,40" for path data.
std::string coordinates(Point point);

}  // namespace gtn
