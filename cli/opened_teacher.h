// A teacher's artefact together with the data it belongs to: what evaluate, search and study teach with.
#pragma once

#include "cli/common.h"
#include "cli/run_config.h"
#include "gtn/data/artefact.h"
#include "gtn/data/dataset.h"
#include "gtn/unroll/accuracy.h"

namespace gtn {

// The data set that the artefact was learned on, in the artefact's units. Throws a failure where what lies there under
// that name is other data.
Splits open_splits(const Artefact& artefact, const MachineFlags& machine);

// The artefact's curriculum as a lesson: `source`, the learned step sizes, and their multiplier where it is learned.
// `where` is what a fault names. Throws a failure where the multiplier is made of traits that this program does not
// know.
Lesson lesson_of(const Artefact& artefact, const BatchSource& source, const std::string& where);

// The curriculum on its way to a learner: its batches, augmented where the teacher's were.
class TaughtSource final : public BatchSource {
 public:
  TaughtSource(const Artefact& artefact, const AugmentConfig& augment, const Key& key, at::Device device)
      : curriculum_(curriculum_of(artefact, device)), augmented_(curriculum_, augment.of_synthetic(), key) {}
  TaughtSource(const TaughtSource&) = delete;
  TaughtSource& operator=(const TaughtSource&) = delete;

  Batch batch(int64_t step) const override { return augmented_.batch(step); }
  int64_t steps() const override { return augmented_.steps(); }

 private:
  StoredBatches curriculum_;
  AugmentedSource augmented_;
};

}  // namespace gtn
