#include "gtn/search/grid_space.h"

namespace gtn {
namespace {

// Networks as people write them: one norm, activation and pooling throughout, and a width that doubles once
// (gtn/nets/population.h draws from such a family too).
constexpr std::string_view kConvnet = R"toml(
name = "convnet"
learner = "{blocks} {end} linear(classes)"

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
norm = [
  {norm = "none", normalise = ""},
  {norm = "batch", normalise = "norm(batch)"},
  {norm = "instance", normalise = "norm(instance)"},
]
activation = ["relu", "leaky_relu(0.1)", "silu"]
pool = [
  {pool = "maxpool", stride = 1, halve = "maxpool(2)"},
  {pool = "avgpool", stride = 1, halve = "avgpool(2)"},
  {pool = "stride", stride = 2, halve = ""},
]
head = [
  {head = "flatten", end = "flatten"},
  {head = "gap", end = "gap"},
  {head = "hidden", end = "flatten linear({hidden}) {activation}"},
]

[parts]
first = "conv({width}, k={kernel}, s={stride}) {normalise} {activation} {halve}"
next = "conv({wide}, k={kernel}, s={stride}) {normalise} {activation} {halve}"
)toml";

}  // namespace

SpacePtr convnet_space() { return std::make_shared<GridSpace>(kConvnet, "convnet"); }

}  // namespace gtn
