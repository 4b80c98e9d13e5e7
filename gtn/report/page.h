// A page that a browser shows, of numbers that are handed in as JSON.
#pragma once

#include <string>
#include <string_view>

#include "gtn/core/json.h"

namespace gtn {

enum class PageKind {
  file,    // for good
  served,  // asks its server for data.json again and again, and shows what is new
};

// One HTML file that needs no other and no network: style, scripts, chart library and pictures are in it. `data` is
// what gtn/report/page/*.js show: {"title": text, "program": text, "runs": [...]}; cli/report_data.h makes it. Texts in
// it may come from strangers and hold anything: they are shown as text, and bytes that are no UTF-8 as U+FFFD. Same
// data, same bytes. Throws std::invalid_argument where `data` has no title.
std::string render_page(const Json& data, PageKind kind);

// `data` as a page and its server spell it: without line breaks, and without "<", so that no text can end the element
// that it stands in.
std::string page_json(const Json& data);

}  // namespace gtn
