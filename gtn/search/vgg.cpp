#include "gtn/search/grid_space.h"

namespace gtn {
namespace {

// Blocks of 3x3 convolutions between halvings, as in VGG (Simonyan and Zisserman, 2015), one or two a block, the second
// one plain or residual; widths double from block to block. Blocks of two are half as wide, so that the largest
// networks of each kind cost just under 30 million multiply-adds for an image of 28x28.
constexpr std::string_view kVgg = R"toml(
name = "vgg"
learner = "{blocks} {end} linear(classes)"

[choices]
depth = [
  {depth = 2, blocks = "{first} {halve} {second} {halve}"},
  {depth = 3, blocks = "{first} {halve} {second} {halve} {third} {halve}"},
]
block = [
  {block = "single", first = "{single1}", second = "{single2}", third = "{single4}"},
  {block = "double", first = "{half1} {half1}", second = "{half2} {half2}", third = "{half4} {half4}"},
  {block = "residual", first = "{half1} {added1}", second = "{half2} {added2}", third = "{half4} {added4}"},
]
size = [
  {size = "small", width = 16, width2 = 32, width4 = 64, narrow = 8, narrow2 = 16, narrow4 = 32},
  {size = "medium", width = 32, width2 = 64, width4 = 128, narrow = 16, narrow2 = 32, narrow4 = 64},
  {size = "large", width = 64, width2 = 128, width4 = 256, narrow = 32, narrow2 = 64, narrow4 = 128},
]
norm = [
  {norm = "none", normalise = "", normalise_hidden = ""},
  {norm = "batch", normalise = "norm(batch)", normalise_hidden = "norm(batch)"},
  {norm = "instance", normalise = "norm(instance)", normalise_hidden = "norm(mean)"},
]
activation = ["relu", "leaky_relu(0.1)", "silu"]
pool = [
  {pool = "maxpool", halve = "maxpool(2)"},
  {pool = "avgpool", halve = "avgpool(2)"},
]
head = [
  {head = "flatten", end = "flatten"},
  {head = "gap", end = "gap"},
  {head = "hidden", end = "flatten linear(256) {normalise_hidden} {activation}"},
]

[parts]
single1 = "conv({width}) {normalise} {activation}"
single2 = "conv({width2}) {normalise} {activation}"
single4 = "conv({width4}) {normalise} {activation}"
half1 = "conv({narrow}) {normalise} {activation}"
half2 = "conv({narrow2}) {normalise} {activation}"
half4 = "conv({narrow4}) {normalise} {activation}"
added1 = "res{ conv({narrow}) {normalise} } {activation}"
added2 = "res{ conv({narrow2}) {normalise} } {activation}"
added4 = "res{ conv({narrow4}) {normalise} } {activation}"
)toml";

}  // namespace

SpacePtr vgg_space() { return std::make_shared<GridSpace>(kVgg, "vgg"); }

}  // namespace gtn
