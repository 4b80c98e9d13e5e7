#include "cli/run_data.h"

#include <cstdlib>

namespace gtn {
namespace fs = std::filesystem;

fs::path cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return fs::path(value ? value : "");
  };
  const fs::path cache = variable("XDG_CACHE_HOME"), home = variable("HOME");
  if (cache.is_absolute()) return cache / "gtn";  // the specification: relative ones count for nothing
  return home.is_absolute() ? home / ".cache" / "gtn" : fs::path();
}

Splits open_run_data(const RunConfig& config, const std::vector<fs::path>& folders) {
  return open_dataset(config.dataset, folders, std::nullopt, {.data = config.data, .cache = cache_folder()});
}

Shape image_of(const Splits& splits) { return shape_of(splits.train.images[0]); }

void measure_units(const RunConfig& config, Splits& splits) {
  if (config.preprocessing == Preprocessing::zca) splits.normalization = measure_zca(splits.train.images);
}

std::string suit_table(RunConfig& config, const Splits& splits) {
  if (!is_table(shape_of(splits.train.images))) return "";
  std::string changed;
  if (config.meta.population.fixed.empty()) {
    config.meta.population.fixed = {"mlp"};
    changed = "learners are mlp";
  }
  if (config.meta.teacher.images == Images::generator) {
    config.meta.teacher.images = Images::pixels;
    changed += std::string(changed.empty() ? "" : ", and ") + "rows are learned directly, without a generator";
  }
  return changed.empty() ? "" : "a table: " + changed;
}

}  // namespace gtn
