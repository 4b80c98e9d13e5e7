#include "cli/opened_teacher.h"

#include "gtn/core/error.h"

namespace gtn {

Splits open_splits(const Artefact& artefact, const MachineFlags& machine) {
  Splits splits = open_dataset(artefact.dataset, machine.data_folders());
  if (splits.train.fingerprint != artefact.dataset_fingerprint)
    throw failure(artefact.dataset, "is not the data set that this teacher was learned on (fingerprint " +
                                        splits.train.fingerprint + ", not " + artefact.dataset_fingerprint +
                                        "); point --data at that one");
  splits.normalization = artefact.normalization;
  return splits;
}

Schedule schedule_of(const Artefact& artefact, const std::string& where) {
  Schedule schedule{.sizes = {}, .optimizer = optimizer_named(artefact.optimizer, where)};
  for (int64_t t = 0; t < artefact.steps(); ++t)
    schedule.sizes.push_back({scalar(artefact.lr[t]), scalar(artefact.momentum[t])});
  return schedule;
}

}  // namespace gtn
