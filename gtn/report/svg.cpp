#include "gtn/report/svg.h"

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

std::string attribute(std::string_view name, double value) {
  return " " + std::string(name) + "=\"" + number(value) + "\"";
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
  body_ += "<line" + attribute("x1", from.x) + attribute("y1", from.y) + attribute("x2", to.x) + attribute("y2", to.y);
  body_ += " " + std::string(attributes) + "/>\n";
}

void Svg::path(std::string_view data, std::string_view attributes) {
  body_ += "<path d=\"" + std::string(data) + "\" " + std::string(attributes) + "/>\n";
}

void Svg::circle(Point centre, double radius, std::string_view attributes) {
  body_ += "<circle" + attribute("cx", centre.x) + attribute("cy", centre.y) + attribute("r", radius);
  body_ += " " + std::string(attributes) + "/>\n";
}

void Svg::text(Point at, Anchor anchor, std::string_view content, std::string_view attributes) {
  const char* anchors[] = {"start", "middle", "end"};
  body_ += "<text" + attribute("x", at.x) + attribute("y", at.y) + " text-anchor=\"" +
           anchors[static_cast<size_t>(anchor)] + "\" " + std::string(attributes) + ">" + xml_escape(content) +
           "</text>\n";
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
