#include "cli/opened_teacher.h"

#include "cli/run_data.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/nets/traits.h"

namespace gtn {

namespace {

namespace fs = std::filesystem;

// Own data that are not where they were: under their name in a folder of --data, else that folder itself.
std::string moved_to(const std::string& dataset, const std::vector<std::string>& data) {
  const fs::path path = fs::path(dataset).lexically_normal();
  const fs::path name = path.has_filename() ? path.filename() : path.parent_path().filename();
  std::error_code ignored;
  for (const std::string& folder : data)
    if (fs::exists(folder / name, ignored)) return (folder / name).string();
  return data.front();
}

Splits open_where_it_is(RunConfig config, const MachineFlags& machine) {
  try {
    return open_run_data(config, machine.data_folders());
  } catch (const Error& error) {  // a usage error: it is nowhere
    if (error.kind() != ErrorKind::usage || machine.data.empty()) throw;
  }
  config.dataset = moved_to(config.dataset, machine.data);
  return open_run_data(config, machine.data_folders());
}

}  // namespace

Splits open_splits(const Artefact& artefact, const MachineFlags& machine) {
  RunConfig config;
  read_toml(config, artefact.config, "the teacher's configuration");
  config.dataset = artefact.dataset;
  Splits splits = open_where_it_is(config, machine);
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
