#include "cli/run_data.h"

#include <cstdio>
#include <cstdlib>

#include "gtn/core/error.h"
#include "gtn/runs/run_directory.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

fs::path last_part(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  return normal.has_filename() ? normal.filename() : normal.parent_path().filename();
}

// Own data of this name in one of the folders of --data, or that folder or file itself; empty where none is.
std::string found_in(const std::vector<std::string>& data, const std::string& dataset) {
  const fs::path name = last_part(dataset);
  std::error_code ignored;
  for (const fs::path folder : data) {
    if (fs::exists(folder / name, ignored)) return (folder / name).string();
    if (last_part(folder) == name || fs::is_regular_file(folder, ignored)) return folder.string();
  }
  return {};
}

}  // namespace

fs::path cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return fs::path(value ? value : "");
  };
  const fs::path cache = variable("XDG_CACHE_HOME"), home = variable("HOME");
  if (cache.is_absolute()) return cache / "gtn";  // the specification: relative ones count for nothing
  return home.is_absolute() ? home / ".cache" / "gtn" : fs::path();
}

OpenedDataset open_run_data(const RunConfig& config, const std::vector<fs::path>& folders) {
  if (RunDirectory::is_run(config.dataset))
    throw usage_error(config.dataset, "is a run, not data; its plan is " +
                                          (fs::path(config.dataset) / "config.toml").string() +
                                          ", which --config takes");
  return open_with_sources(config.dataset, folders, std::nullopt, {.data = config.data, .cache = cache_folder()});
}

Splits reopen_run_data(const RunConfig& config, const MachineFlags& machine) {
  const auto open = [&](const std::string& place) {
    return open_dataset(place, machine.data_folders(), std::nullopt,
                        {.data = config.data, .cache = cache_folder(), .name = config.dataset});
  };
  const bool own = fs::path(config.dataset).has_parent_path() || !is_known_dataset(config.dataset);
  if (const std::string place = own ? found_in(machine.data, config.dataset) : ""; !place.empty()) return open(place);
  try {
    return open_run_data(config, machine.data_folders()).splits;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::usage) throw;  // it is there, but something is wrong with it
  }
  if (machine.data.empty())
    throw usage_error(config.dataset, "is not there, as seen from " + fs::current_path().string() +
                                          "; if these data have moved, say where they are by --data FOLDER: the data "
                                          "themselves, or the folder that holds them");
  return open(machine.data.front());
}

void print_remarks(const OpenedDataset& opened) {
  for (const std::string& remark : opened.remarks) std::printf("- %s\n", remark.c_str());
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
