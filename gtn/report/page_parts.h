// The parts of the page as they lie in gtn/report/page/, and the chart library; cmake/page.cmake compiles them in.
#pragma once

#include <string_view>

namespace gtn {

std::string_view page_template();  // HTML with {{markers}}
std::string_view page_style();     // CSS
std::string_view page_script();    // JavaScript, all files
std::string_view chart_library();  // Chart.js, with its licence's banner

}  // namespace gtn
