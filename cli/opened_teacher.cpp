#include "cli/opened_teacher.h"

#include "cli/run_data.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/nets/traits.h"

namespace gtn {

namespace {

namespace fs = std::filesystem;

// The artefact's data set where it was, else where --data says: in such a folder under its name, or that folder itself.
std::string place_of(const std::string& dataset, const std::vector<std::string>& data) {
  const fs::path path = fs::path(dataset).lexically_normal();
  std::error_code ignored;
  if (!path.has_parent_path() || fs::exists(path, ignored)) return dataset;  // a name, or there
  const fs::path name = path.has_filename() ? path.filename() : path.parent_path().filename();
  for (const std::string& folder : data)
    if (fs::exists(folder / name, ignored)) return (folder / name).string();
  return data.empty() ? dataset : data.front();
}

}  // namespace

Splits open_splits(const Artefact& artefact, const MachineFlags& machine) {
  RunConfig config;
  read_toml(config, artefact.config, "the teacher's configuration");
  config.dataset = place_of(artefact.dataset, machine.data);
  Splits splits = open_run_data(config, machine.data_folders());
  if (splits.train.fingerprint != artefact.dataset_fingerprint)
    throw failure(artefact.dataset, "is not the data set that this teacher was learned on (fingerprint " +
                                        splits.train.fingerprint + ", not " + artefact.dataset_fingerprint +
                                        "); point --data at that one");
  splits.normalization = artefact.normalization;
  return splits;
}

Lesson lesson_of(const Artefact& artefact, const BatchSource& source, const std::string& where) {
  Lesson lesson{source, {.sizes = {}, .optimizer = optimizer_named(artefact.optimizer, where)}};
  for (int64_t t = 0; t < artefact.steps(); ++t)
    lesson.schedule.sizes.push_back({scalar(artefact.lr[t]), scalar(artefact.momentum[t])});
  if (artefact.traits.empty()) return lesson;
  if (artefact.traits != trait_names())
    throw failure(where,
                  "its step sizes depend on traits of a learner that this program does not know; use the "
                  "version of gtn that wrote it (" +
                      artefact.program_version + "), or train again");
  lesson.multiplier = [weights = artefact.log_multipliers](const std::string& learner) {
    return conditioned_multiplier(weights, learner);
  };
  return lesson;
}

}  // namespace gtn
