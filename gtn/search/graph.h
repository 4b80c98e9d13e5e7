// A network as a picture.
#pragma once

#include <string>

#include "gtn/nets/net.h"

namespace gtn {

// The network in Graphviz's DOT, from the image at the top to the logits: a box for each layer with its learner text
// and the shape of its output, one box for layers without parameters that follow one another, and a circle for each
// sum. The title counts parameters and multiply-adds. Draw it with: dot -Tsvg net.dot
std::string dot_graph(const Net& net);

}  // namespace gtn
