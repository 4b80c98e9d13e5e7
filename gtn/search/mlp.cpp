#include "gtn/search/grid_space.h"

namespace gtn {
namespace {

// Networks as people write them for tables: hidden layers of one width, of half the width of the one before, or added
// to what came before them; one norm and activation throughout.
constexpr std::string_view kMlp = R"toml(
name = "mlp"
learner = "flatten {hidden} linear(classes)"

[choices]
depth = [
  {depth = 1, hidden = "{first}"},
  {depth = 2, hidden = "{first} {second}"},
  {depth = 3, hidden = "{first} {second} {third}"},
  {depth = 4, hidden = "{first} {second} {third} {fourth}"},
]
width = [
  {width = 16, half = 8, quarter = 8, eighth = 8},
  {width = 32, half = 16, quarter = 8, eighth = 8},
  {width = 64, half = 32, quarter = 16, eighth = 8},
  {width = 128, half = 64, quarter = 32, eighth = 16},
  {width = 256, half = 128, quarter = 64, eighth = 32},
]
body = [
  {body = "plain", second = "{first}", third = "{first}", fourth = "{first}"},
  {body = "funnel", second = "{halved}", third = "{quartered}", fourth = "{smallest}"},
  {body = "residual", second = "{added}", third = "{added}", fourth = "{added}"},
]
norm = [
  {norm = "none", normalise = ""},
  {norm = "batch", normalise = "norm(batch)"},
]
activation = ["relu", "leaky_relu(0.1)", "silu", "tanh"]

[parts]
first = "linear({width}) {normalise} {activation}"
added = "res{ {first} }"
halved = "linear({half}) {normalise} {activation}"
quartered = "linear({quarter}) {normalise} {activation}"
smallest = "linear({eighth}) {normalise} {activation}"
)toml";

}  // namespace

SpacePtr mlp_space() { return std::make_shared<GridSpace>(kMlp, "mlp"); }

}  // namespace gtn
