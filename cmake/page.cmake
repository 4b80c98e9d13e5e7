# What the page of gtn report is made of, compiled into the library: our template and the chart library.
find_file(GTN_CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js NO_DEFAULT_PATH REQUIRED
  DOC "Chart.js 3 in one file: Debian's libjs-chart.js, or dist/chart.min.js of npm's chart.js@3")
set(page ${PROJECT_SOURCE_DIR}/gtn/report/page)
set(page_scripts elements charts training curriculum confusion evaluation search study page)  # in this order
list(TRANSFORM page_scripts REPLACE "(.+)" "${page}/\\1.js")
list(JOIN page_scripts "|" joined)
set(page_source ${PROJECT_BINARY_DIR}/page_parts.cpp)
add_custom_command(OUTPUT ${page_source}
  COMMAND ${CMAKE_COMMAND} -DOUTPUT=${page_source} -DHEADER=gtn/report/page_parts.h
    "-DPARTS=page_template=${page}/page.html;page_style=${page}/page.css;page_script=${joined};chart_library=${GTN_CHART_JS}"
    -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${PROJECT_SOURCE_DIR}/cmake/embed.cmake ${page}/page.html ${page}/page.css ${page_scripts} ${GTN_CHART_JS} VERBATIM)
target_sources(gtn PRIVATE ${page_source})
set_source_files_properties(${page_source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)
