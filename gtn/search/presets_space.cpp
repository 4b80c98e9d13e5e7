#include "gtn/nets/spec.h"
#include "gtn/search/grid_space.h"

namespace gtn {

SpacePtr presets_space() {
  std::string toml = "name = \"presets\"\nlearner = \"{text}\"\n[choices]\npreset = [\n";
  for (const Preset& preset : presets())
    toml += "{preset = \"" + preset.name + "\", text = \"" + preset.text + "\"},\n";
  return std::make_shared<GridSpace>(toml + "]\n", "presets");
}

}  // namespace gtn
