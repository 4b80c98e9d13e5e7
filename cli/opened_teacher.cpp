#include "cli/opened_teacher.h"

#include "cli/run_data.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/nets/traits.h"

namespace gtn {

Splits open_splits(const Artefact& artefact, const MachineFlags& machine) {
  RunConfig config;
  read_toml(config, artefact.config, "the teacher's configuration");
  config.dataset = artefact.dataset;
  Splits splits = reopen_run_data(config, machine);
  const Shape made = shape_of(artefact.images), images{made.end()[-3], made.end()[-2], made.end()[-1]};
  const Shape here = image_of(splits);
  if (images != here || artefact.labels.size(-1) != splits.train.classes())
    throw failure(artefact.dataset, "has images " + to_string(here) + " of " + std::to_string(splits.train.classes()) +
                                        " classes, but this teacher was learned on images " + to_string(images) +
                                        " of " + std::to_string(artefact.labels.size(-1)) +
                                        "; point --data at its data set, or train a teacher on yours");
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
