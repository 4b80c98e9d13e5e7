// One meta-iteration: draw a learner or several, teach each, judge it on real data, differentiate through the teaching,
// move the teacher along the mean of what they say.
#pragma once

#include <map>

#include "gtn/data/augment.h"
#include "gtn/nets/population.h"
#include "gtn/teacher/learner_pool.h"
#include "gtn/teacher/outer_optimizer.h"
#include "gtn/teacher/teacher.h"
#include "gtn/teacher/unroll_config.h"

namespace gtn {

struct MetaConfig {
  TeacherConfig teacher;
  UnrollConfig unroll;
  OuterConfig outer;
  PopulationConfig population;
  bool conditioned_step_sizes = false;
  int64_t real_batch = 256;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("real_batch", self.real_batch, "real images in the batch that judges a learner", at_least(1));
    field("conditioned_step_sizes", self.conditioned_step_sizes,
          "learn also a multiplier of the step sizes as a function of the learner's text");
    field("teacher", self.teacher, "what is learned");
    field("unroll", self.unroll, "how the inner loop is differentiated");
    field("outer", self.outer, "how the teacher moves");
    field("population", self.population, "which learners it is taught by");
  }
};

struct MetaStep {
  int64_t iteration = 0;  // the one just done, from 0
  std::string learner;    // text; several are joined by "; "
  double loss = 0;        // real-data loss at the end of the window, mean of the learners that were not left out
  std::vector<double> losses = {};  // of each learner
  int64_t judged_after = 0;         // steps the learners had taken then
  int64_t left_out = 0;             // learners whose loss or gradient was not finite; all of them: rolled back
  double gradient_norm = 0;
  double lr = 0;  // of the outer optimiser
  bool clipped = false;
  bool rolled_back = false;  // no learner was finite, or the teacher's gradient was not: it stayed as it was
};

// Pure stepping: no I/O. Everything random is a function of (key, iteration), so a trainer restored from state() goes
// on to the same bits.
class MetaTrainer {
 public:
  // `real` gives judging batches of images `image` [C, H, W]; it must outlive the trainer. `memory` as in
  // MetaObjective, shared by the learners that are taught at once. `options`: the device of all tensors, and their type
  // where it is not float32. `examples`: as Teacher's, for images that are real at first and for learners that are
  // warmed up; it must outlive the trainer, too. `augmentation`: what the teacher's batches go through on their way to
  // the learners, drawn anew for each step of each meta-iteration, and their gradients on the way back.
  MetaTrainer(const MetaConfig& config, Shape image, int64_t classes, const BatchSource& real, const Key& key,
              const at::TensorOptions& options, int64_t memory = 0, const BatchSource* examples = nullptr,
              const AugmentConfig& augmentation = {});

  // Several learners are taught side by side where their steps are small (for_learners). Each has initial parameters
  // and judging batches of its own; the window is the same for all.
  MetaStep step();

  const Teacher& teacher() const { return teacher_; }
  // Puts another teacher's parameters in the place of this one's first ones, before the first step. Throws what
  // Teacher::load throws.
  void start_from(const std::vector<NamedTensor>& teacher, const std::string& where) { teacher_.load(teacher, where); }
  // The teacher's step sizes, times the multiplier for this learner (its text) where they are conditioned.
  Schedule schedule_for(const std::string& learner) const;
  // What a multiplier is made of: its logarithm is their mean, weighted with learner_traits(). [traits], zeros where
  // step sizes are not conditioned.
  const Tensor& log_multipliers() const { return log_multipliers_; }
  int64_t iteration() const { return iteration_; }
  int64_t rolled_back() const { return rolled_back_; }
  bool done() const { return iteration_ >= config_.outer.iterations; }

  // Everything a resumed run needs; it shares memory with the trainer, so that a copy is the caller's to make.
  std::map<std::string, Tensor> state() const;
  // Throws a failure where the state belongs to another configuration.
  void load(const std::map<std::string, Tensor>& state);

 private:
  struct Taught {
    std::string learner;  // text
    MetaGradient gradient;
    std::optional<size_t> place;  // in the pool
    int64_t age = 0;
  };
  // The learners of this iteration.
  std::vector<Taught> teach(const Key& key, const Key& draw, MetaObjective objective) const;
  // A fresh one, warmed up where that is asked for. `i` as the count of learners before.
  Tensor fresh(const Learner& learner, const Key& key, int64_t i) const;
  // Everything that is learned.
  std::vector<NamedTensor> params() const;

  MetaConfig config_;
  Shape image_;
  int64_t classes_;
  const BatchSource& real_;
  const BatchSource* examples_;
  Key key_;
  at::TensorOptions options_;
  int64_t memory_;
  AugmentConfig augmentation_;
  Teacher teacher_;
  Tensor log_multipliers_;
  OuterOptimizer optimizer_;
  LearnerPool pool_;
  int64_t iteration_ = 0;
  int64_t rolled_back_ = 0;
};

}  // namespace gtn
