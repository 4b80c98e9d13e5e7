#include "gtn/report/svg.h"

#include <initializer_list>
#include <utility>

#include "gtn/report/table.h"
#include "gtn/report/utf8.h"

namespace gtn {
namespace {

constexpr std::string_view kFonts =
    "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";

std::string number(double value) {
  std::string text = fixed(value, 2);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

// A start tag without its end: <name a="1" b="2.5" rest
std::string open_tag(std::string_view name, std::initializer_list<std::pair<std::string_view, double>> numbers,
                     std::string_view rest) {
  std::string tag("<");
  tag.append(name);
  for (const auto& [key, value] : numbers) tag.append(" ").append(key).append("=\"").append(number(value)).append("\"");
  return tag.append(" ").append(rest);
}

bool allowed_in_xml(char32_t code) {
  return code >= 0x20 ? code != 0xfffe && code != 0xffff : code == '\t' || code == '\n' || code == '\r';
}

}  // namespace

std::string xml_escape(std::string_view text) {
  std::string escaped;
  for (const char32_t code : decode_utf8(text)) {
    switch (code) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += encode_utf8(allowed_in_xml(code) ? code : U'\xfffd');
    }
  }
  return escaped;
}

std::string coordinates(Point point) { return number(point.x) + "," + number(point.y); }

void Svg::line(Point from, Point to, std::string_view attributes) {
  body_ += open_tag("line", {{"x1", from.x}, {"y1", from.y}, {"x2", to.x}, {"y2", to.y}}, attributes);
  body_ += "/>\n";
}

void Svg::path(std::string_view data, std::string_view attributes) {
  body_.append("<path d=\"").append(data).append("\" ").append(attributes).append("/>\n");
}

void Svg::circle(Point centre, double radius, std::string_view attributes) {
  body_ += open_tag("circle", {{"cx", centre.x}, {"cy", centre.y}, {"r", radius}}, attributes);
  body_ += "/>\n";
}

void Svg::text(Point at, Anchor anchor, std::string_view content, std::string_view attributes) {
  constexpr std::string_view kAnchors[] = {"start", "middle", "end"};
  body_ += open_tag("text", {{"x", at.x}, {"y", at.y}}, attributes);
  body_.append(" text-anchor=\"").append(kAnchors[static_cast<size_t>(anchor)]).append("\">");
  body_.append(xml_escape(content)).append("</text>\n");
}

void Svg::text_turned(Point at, std::string_view content, std::string_view attributes) {
  std::string turned(attributes);
  turned.append(" transform=\"rotate(-90 ").append(coordinates(at)).append(")\"");
  text(at, Anchor::middle, content, turned);
}

std::string Svg::finish(std::string_view title, std::string_view description) const {
  const std::string width = std::to_string(width_), height = std::to_string(height_);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" + height + "\" viewBox=\"0 0 " +
         width + " " + height + "\" role=\"img\" font-family=\"" + std::string(kFonts) + "\">\n<title>" +
         xml_escape(title) + "</title>\n<desc>" + xml_escape(description) + "</desc>\n" +
         "<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#ffffff\"/>\n" + body_ + "</svg>\n";
}

}  // namespace gtn
