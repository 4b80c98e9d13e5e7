#include "gtn/search/grid_space.h"

namespace gtn {
namespace {

// Networks as people write them: one norm, activation and pooling throughout; the width doubles once.
constexpr std::string_view kConvnet = R"toml(
learner = "{blocks} {top} linear(classes)"

[choices]
depth = [
  {depth = 1, blocks = "{first}"},
  {depth = 2, blocks = "{first} {next}"},
  {depth = 3, blocks = "{first} {next} {next}"},
]
width = [
  {width = 8, wide = 16, hidden = 32},
  {width = 16, wide = 32, hidden = 64},
  {width = 32, wide = 64, hidden = 128},
]
kernel = [3, 5]
norm = [{norm = "none", normed = ""}, {norm = "batch", normed = "norm(batch)"}, {norm = "instance", normed = "norm(instance)"}]
activation = [{activation = "relu", activated = "relu"}, {activation = "leaky_relu", activated = "leaky_relu(0.1)"}, {activation = "silu", activated = "silu"}]
pool = [
  {pool = "max", strided = "", pooled = "maxpool(2)"},
  {pool = "average", strided = "", pooled = "avgpool(2)"},
  {pool = "stride", strided = ", s=2", pooled = ""},
]
head = [{head = "flatten", top = "flatten"}, {head = "gap", top = "gap"}, {head = "hidden", top = "flatten linear({hidden}) {activated}"}]

[parts]
first = "conv({width}, k={kernel}{strided}) {normed} {activated} {pooled}"
next = "conv({wide}, k={kernel}{strided}) {normed} {activated} {pooled}"
)toml";

}  // namespace

std::unique_ptr<GridSpace> convnet_space() { return std::make_unique<GridSpace>("convnet", kConvnet, "convnet"); }

}  // namespace gtn
