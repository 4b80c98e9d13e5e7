#include "gtn/report/page.h"

#include <map>
#include <stdexcept>

#include "gtn/report/page_parts.h"
#include "gtn/report/svg.h"

namespace gtn {
namespace {

// A served page may ask its own server. Neither kind may load anything, or send anything anywhere.
std::string policy(PageKind kind) {
  return std::string("default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; ") +
         "style-src 'unsafe-inline'; script-src 'unsafe-inline'" +
         (kind == PageKind::served ? "; connect-src 'self'" : "");
}

}  // namespace

std::string page_json(const Json& data) {
  std::string json = data.dump(-1, ' ', false, Json::error_handler_t::replace), safe;
  safe.reserve(json.size());
  for (const char c : json) {
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  }
  return safe;
}

std::string render_page(const Json& data, PageKind kind) {
  if (!data.is_object() || !data.contains("title") || !data["title"].is_string())
    throw std::invalid_argument("render_page: the data have no title");
  const std::map<std::string_view, std::string> parts{{"title", xml_escape(data["title"].get<std::string>())},
                                                      {"policy", policy(kind)},
                                                      {"kind", kind == PageKind::served ? "served" : "file"},
                                                      {"style", std::string(page_style())},
                                                      {"data", page_json(data)},
                                                      {"library", std::string(chart_library())},
                                                      {"script", std::string(page_script())}};
  std::string page;
  std::string_view rest = page_template();
  for (size_t open; (open = rest.find("{{")) != rest.npos;) {  // what is put in is not looked at again
    const size_t close = rest.find("}}", open);
    page.append(rest.substr(0, open)).append(parts.at(rest.substr(open + 2, close - open - 2)));
    rest.remove_prefix(close + 2);
  }
  return page.append(rest);
}

}  // namespace gtn
