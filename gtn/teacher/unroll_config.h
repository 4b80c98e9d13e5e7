// How a meta-iteration unrolls the inner loop: which learners it begins with, and which part it runs and differentiates
// (all of it, a random window, or a part that grows while the teacher learns).
#pragma once

#include "gtn/core/config_fields.h"
#include "gtn/nets/layer.h"
#include "gtn/unroll/adjoint.h"

namespace gtn {

enum class Growth {
  none,
  forward,   // the first steps are learned first
  backward,  // the last steps are learned first, by learners that start fresh before them
};
constexpr auto names_of(Growth) {
  return std::to_array<std::pair<Growth, std::string_view>>(
      {{Growth::none, "none"}, {Growth::forward, "forward"}, {Growth::backward, "backward"}});
}

struct UnrollConfig {
  int64_t window = 0;  // differentiate only so many steps, at a random place; 0: all
  double window_growth = 0;
  Growth growth = Growth::none;
  double growth_share = 0.5;
  int64_t loss_every = 0;
  int64_t warm_up = 0;
  int64_t pool = 0;
  int64_t pool_age = 3;
  Calibration calibration = Calibration::last;
  Precision precision = Precision::full;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("window", self.window, "differentiate a random window of so many steps (0: all of them)", at_least(0));
    field("window_growth", self.window_growth,
          "share of the meta-iterations in which the window grows to all steps (0: it stays)", between(0, 1));
    field("growth", self.growth,
          "none, or steps taught grow from one to all: forward from the first, backward from "
          "the last");
    field("growth_share", self.growth_share, "share of the meta-iterations in which they grow", between(0.001, 1));
    field("loss_every", self.loss_every, "add a real-data loss after every so many steps (0: only the last)",
          at_least(0));
    field("warm_up", self.warm_up, "steps that a learner takes on real data before it is taught", at_least(0));
    field("pool", self.pool, "learners kept to be taught again (0: each is fresh)", at_least(0));
    field("pool_age", self.pool_age, "how often one of them is taught before it is replaced", at_least(1));
    field("calibration", self.calibration, "synthetic batches that give the batch norms their statistics: last or all");
    field("precision", self.precision, "numbers of the learners' convolutions and matrix products: f32 or bf16");
  }
};

// The window of one meta-iteration among `steps` steps; the random part is a function of `key`.
Window choose_window(const UnrollConfig& config, int64_t steps, int64_t iteration, int64_t iterations, const Key& key);

}  // namespace gtn
