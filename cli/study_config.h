// The configuration of gtn study.
#pragma once

#include "cli/search_config.h"

namespace gtn {

struct StudyConfig {
  std::string space;
  int64_t seed = 1;
  int64_t architectures = 100;
  std::string truths, extends;
  int64_t real_steps = 256;
  std::vector<std::string> estimators{"teacher",   "real",      "kmeans", "synflow", "naswot",
                                      "jacob_cov", "grad_norm", "params", "flops"};
  EstimateConfig estimate;
  RealTrainingConfig truth{.steps = 2000, .batch = 128, .optimizer = InnerOptimizer::adam, .lr = 0.003};

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("space", self.space,
          "convnet, vgg, mlp, presets, nb201, nao, or a TOML file with choices of your own (empty: mlp for a table, "
          "convnet for images)");
    field("seed", self.seed, "everything random follows from it", at_least(0));
    field("architectures", self.architectures, "drawn from the space, each once", at_least(3));
    field("truths", self.truths,
          "a table, or the folder, of an earlier study of this space and data: its architectures and their truth are "
          "taken from it, and "
          "so are its estimates by all others than `estimators` (empty: architectures are drawn and trained)");
    field(
        "extends", self.extends,
        "a table, or the folder, of an earlier study by the same teacher, estimators and truth, to which this one adds "
        "architectures until there are as many in all (empty: none)");
    field("real_steps", self.real_steps, "steps on real data up to which its ranking is followed", at_least(1));
    field("estimators", self.estimators,
          "teacher, warm_start (the curriculum, then as many steps on real data), real, real_schedule (the teacher's "
          "learned step sizes on real data), kmeans (as many chosen real "
          "images as the curriculum has), synflow, naswot, jacob_cov, grad_norm, params, flops");
    field("estimate", self.estimate, "how a candidate is scored by training");
    field("truth", self.truth, "the training on real data that estimates are held against");
  }
};

}  // namespace gtn
