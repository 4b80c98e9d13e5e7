#include <charconv>

#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/nearest.h"
#include "gtn/core/quote.h"
#include "gtn/nets/spec_parser.h"
#include "gtn/search/grid_space.h"
#include "gtn/search/nb201_space.h"

namespace gtn {
namespace {

constexpr size_t kMaxSpaceFile = 1 << 20;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

// "nb201(width=16, cells=5)".
Nb201Config nb201_config(const SpecItem& item) {
  Nb201Config config;
  Faults faults("space " + item.name);
  for (const SpecArgument& argument : item.arguments) {
    int64_t value = 0;
    const char* const end = argument.value.data() + argument.value.size();
    const auto [read, error] = std::from_chars(argument.value.data(), end, value);
    if (error != std::errc() || read != end || value < 1 || value > 1024)
      faults.add(gtn::quoted(argument.value) + " is no number from 1 to 1024");
    else if (argument.name == "width")
      config.width = value;
    else if (argument.name == "cells")
      config.cells = value;
    else
      faults.add("does not know the argument " + gtn::quoted(argument.name) + "; there are width and cells");
  }
  faults.throw_if_any(ErrorKind::usage);
  return config;
}

}  // namespace

std::string mutate(const Space& space, const std::string& genotype, const Key& key) {
  const std::vector<std::string> neighbours = space.neighbours(genotype);
  return neighbours.empty() ? genotype : neighbours[static_cast<size_t>(key.index(std::ssize(neighbours)))];
}

const std::vector<std::string>& space_names() {
  static const std::vector<std::string> names{"convnet", "nb201"};
  return names;
}

SpacePtr open_space(const std::string& name_or_path) {
  if (name_or_path.ends_with(".toml")) {
    const std::filesystem::path path = name_or_path;
    return std::make_shared<GridSpace>(path.stem().string(), read_file(path, kMaxSpaceFile), name_or_path);
  }
  if (name_or_path == "convnet") return convnet_space();
  const std::vector<SpecItem> items = parse_spec(name_or_path);
  if (items.size() == 1 && items[0].name == "nb201" && items[0].bodies.empty())
    return std::make_shared<Nb201Space>(nb201_config(items[0]));
  const std::string near = nearest(name_or_path, space_names());
  throw usage_error("space " + quoted(name_or_path), "is neither a TOML file (NAME.toml) nor one of " +
                                                         joined(space_names()) +
                                                         (near.empty() ? "" : "; did you mean " + near + "?"));
}

}  // namespace gtn
