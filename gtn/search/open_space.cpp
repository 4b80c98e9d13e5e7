#include <filesystem>
#include <functional>

#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/core/nearest.h"
#include "gtn/core/quote.h"
#include "gtn/nets/spec_parser.h"
#include "gtn/search/grid_space.h"
#include "gtn/search/nao_space.h"
#include "gtn/search/nb201_space.h"

namespace gtn {
namespace {

// "width=16, cells=5" as TOML.
std::string settings_of(const SpecItem& item, const std::string& where) {
  std::string toml;
  for (const SpecArgument& argument : item.arguments) {
    if (argument.name.empty()) throw usage_error(where, quoted(argument.value) + " has no name; write NAME=VALUE");
    toml += argument.name + " = " + argument.value + "\n";
  }
  return toml;
}

struct BuiltIn {
  std::string name;
  std::function<SpacePtr(const std::string& settings, const std::string& where)> make;
};

template <class Config, class Make>
BuiltIn built_in(const std::string& name, Make make) {
  return {name, [make](const std::string& settings, const std::string& where) {
            Config config;
            read_toml(config, settings, where);
            return make(config);
          }};
}

struct NoSettings {
  template <class Self, class Visitor>
  static void visit(Self&, Visitor&&) {}
};

const std::vector<BuiltIn>& built_ins() {
  static const std::vector<BuiltIn> list{
      built_in<NoSettings>("convnet", [](const NoSettings&) { return convnet_space(); }),
      built_in<NoSettings>("vgg", [](const NoSettings&) { return vgg_space(); }),
      built_in<NoSettings>("mlp", [](const NoSettings&) { return mlp_space(); }),
      built_in<NoSettings>("presets", [](const NoSettings&) { return presets_space(); }),
      built_in<CellSpaceConfig>("nb201",
                                [](const CellSpaceConfig& config) { return std::make_shared<Nb201Space>(config); }),
      built_in<CellSpaceConfig>("nao",
                                [](const CellSpaceConfig& config) { return std::make_shared<NaoSpace>(config); }),
  };
  return list;
}

std::vector<SpecItem> parsed(const std::string& text, const std::string& where) {
  try {
    return parse_spec(text);
  } catch (const Error& error) {
    throw usage_error(where, error.what());
  }
}

}  // namespace

std::string mutate(const Space& space, const std::string& genotype, const Key& key) {
  const std::vector<std::string> neighbours = space.neighbours(genotype);
  if (neighbours.empty()) return genotype;
  return neighbours[static_cast<size_t>(key.index(std::ssize(neighbours)))];
}

SpacePtr open_space(const std::string& name_or_path) {
  const std::string name = name_or_path.substr(0, name_or_path.find('('));
  const std::string where = "space " + quoted(name_or_path);
  for (const BuiltIn& space : built_ins()) {
    if (space.name != name) continue;
    const std::vector<SpecItem> items = parsed(name_or_path, where);
    if (items.size() != 1 || !items[0].bodies.empty())
      throw usage_error(where, "is more than a name with settings, as in nb201(width=16, cells=5)");
    return space.make(settings_of(items[0], where), where);
  }
  std::error_code unreachable;
  if (std::filesystem::is_regular_file(name_or_path, unreachable))
    return std::make_shared<GridSpace>(read_config_file(name_or_path), name_or_path);
  std::string known;
  for (const std::string& word : space_names()) known += word + ", ";
  throw usage_error(where, "is none of " + known + "and no file" + hint(name, space_names()));
}

const std::vector<std::string>& space_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (const BuiltIn& space : built_ins()) result.push_back(space.name);
    return result;
  }();
  return names;
}

}  // namespace gtn
