// A network as a picture.
#pragma once

#include <string>

#include "gtn/nets/net.h"

namespace gtn {

// A directed graph in Graphviz's DOT: a box for each row of layers that follow one another, with the shape of its
// output, and a circle for each sum. The text of the learner is its title. Draw it by: dot -Tsvg net.dot
std::string dot_graph(const Net& net);

}  // namespace gtn
