// The course of a training as TensorBoard shows it: RUN/tensorboard, beside metrics.jsonl. A step is a meta-iteration
// there, counted from 0 as in that file.
#pragma once

#include <filesystem>
#include <optional>

#include "gtn/data/artefact.h"
#include "gtn/runs/event_file.h"
#include "gtn/teacher/meta_trainer.h"

namespace gtn {

class TrainingEvents {
 public:
  // Begins a file in `folder`. `resumed_at`: the meta-iteration that a resumed run goes on with. What each function
  // here throws is what EventFile throws.
  explicit TrainingEvents(const std::filesystem::path& folder, std::optional<int64_t> resumed_at = std::nullopt);

  // Scalars of one meta-iteration: loss, gradient_norm, outer_lr.
  void add(const MetaStep& step);

  // Scalars of a look at the validation split: validation/accuracy in percent, and step_size/mean of all steps.
  void add_validation(int64_t iteration, double percent, const Schedule& schedule);

  // The image "curriculum": the contact sheet with 16 steps at most, evenly spaced.
  void add_curriculum(int64_t iteration, const Artefact& artefact);

 private:
  EventFile file_;
};

// Whether the look at the validation split that comes after `done` of `planned` meta-iterations, one in `every`, adds
// the curriculum: the first, the last, and of each sixteenth of the run the first, so that the file stays small.
bool shows_curriculum(int64_t done, int64_t every, int64_t planned);

}  // namespace gtn
