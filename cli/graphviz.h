// Pictures of graphs, drawn by Graphviz where it is installed.
#pragma once

#include <string>

namespace gtn {

// What the program `dot` makes of a graph in DOT, as SVG. Throws a failure where it is not installed or gives none.
std::string svg_of_dot(const std::string& dot);

}  // namespace gtn
