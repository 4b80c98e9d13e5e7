// What a run of meta-iterations will need of memory, counted from its configuration before anything runs. float32, on
// the CPU; data set and program are not in it.
#pragma once

#include "gtn/teacher/meta_trainer.h"

namespace gtn {

// Bytes. What learners differ in is that of the largest, times those that are taught at once.
struct MemoryForecast {
  int64_t teacher = 0;     // its parameters and the outer Adam's two averages
  int64_t batches = 0;     // the synthetic batches of an unroll and the gradients at them
  int64_t trajectory = 0;  // what the adjoint of every differentiated step needs (vectors_kept)
  int64_t step = 0;        // the larger of one dual pass and one real-data loss
  int64_t records = 0;     // activations that steps keep from the forward to the adjoint sweep
  int64_t generator = 0;   // autograd's graph for one batch and the gradient at the teacher's parameters
  int64_t validation = 0;  // one look at a chunk of the validation split

  int64_t record_room = 0;     // what the limit leaves for records: MetaObjective.memory
  int64_t kept = 0;            // steps that keep a record, with every learner ...
  int64_t differentiated = 0;  // ... of so many

  // The unroll, the generator's turn and a look at the validation split come one after the other.
  int64_t unroll() const { return trajectory + step + records; }
  int64_t total() const;
  int64_t least() const;  // the same without records
};

// `limit`: bytes that the run may take in all; records get what it leaves beside the rest. `validation_images` are
// judged at once (0: none). Throws what MetaTrainer throws at a configuration that
// cannot be.
MemoryForecast forecast_memory(const MetaConfig& config, const Shape& image, int64_t classes, int64_t limit,
                               int64_t validation_images = 0);

}  // namespace gtn
