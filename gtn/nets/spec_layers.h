// The layers that a learner text names, each made from its arguments and the shape that comes in.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "gtn/nets/layer.h"
#include "gtn/nets/spec_arguments.h"

namespace gtn {

// Of an input [C, H, W] or [N]. Throws what SpecArguments throws, and a usage error at the item's place for an input
// that does not suit the layer.
using LayerMaker = std::function<LayerPtr(SpecArguments& arguments, const Shape& input)>;

// By name; gtn/nets/spec.h has the arguments of each.
const std::map<std::string, LayerMaker>& layer_makers();

}  // namespace gtn
