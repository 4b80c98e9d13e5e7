// The configuration of gtn search: one struct, and with it the TOML file, the --set keys and their help.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "gtn/search/strategy.h"
#include "gtn/unroll/real_training.h"

namespace gtn {

// How a candidate is scored by training.
struct EstimateConfig {
  int64_t steps = 0;
  int64_t seeds = 1;
  int64_t images = 2000;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("steps", self.steps,
          "before a candidate is judged (0: as many as the curriculum has, of warm_start twice as many)", at_least(0));
    field("seeds", self.seeds, "fresh networks of a candidate, whose accuracies are averaged", at_least(1));
    field("images", self.images, "validation images each is judged on", at_least(1));
  }
};

// What a network may cost, as it is trained in the end; a candidate whose network costs more is not tried. 0: whatever
// it costs.
struct LimitsConfig {
  int64_t parameters = 0;
  int64_t multiply_adds = 0;
  double latency = 0;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("parameters", self.parameters, "at most so many (0: any number)", at_least(0));
    field("multiply_adds", self.multiply_adds, "for one image, at most so many (0: any number)", at_least(0));
    field("latency", self.latency, "milliseconds for one image at most, on one core here (0: no limit)", at_least(0));
  }
};

struct FinalConfig {
  int64_t best = 3;
  std::string space;
  int64_t passes = 15;
  RealTrainingConfig training{.steps = 5000, .batch = 128, .optimizer = InnerOptimizer::adam, .lr = 0.003};

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("best", self.best,
          "candidates that are trained on real data in the end, besides those of the calibration (0: none)",
          at_least(0));
    field("space", self.space,
          "the space they are built in, such as nb201(width=16, cells=3): larger networks of the same genotypes "
          "(empty: the one that was searched)");
    field("passes", self.passes, "no more steps than so many passes over the training images (0: all steps)",
          at_least(0));
    RealTrainingConfig::visit(self.training, field);
  }
};

// What a candidate is trained on for a few steps, before it is judged: the estimators of these names.
enum class ScoredBy { teacher, warm_start, real, real_schedule, kmeans };

constexpr auto names_of(ScoredBy) {
  return std::to_array<std::pair<ScoredBy, std::string_view>>({{ScoredBy::teacher, "teacher"},
                                                               {ScoredBy::warm_start, "warm_start"},
                                                               {ScoredBy::real, "real"},
                                                               {ScoredBy::real_schedule, "real_schedule"},
                                                               {ScoredBy::kmeans, "kmeans"}});
}

constexpr std::string_view name_of(ScoredBy by) { return names_of(by)[static_cast<size_t>(by)].second; }

struct SearchConfig {
  std::string space;
  int64_t seed = 1;
  int64_t candidates = 100;
  double minutes = 0;
  int64_t round = 8;
  ScoredBy estimator = ScoredBy::teacher;
  EstimateConfig estimate;
  StrategyConfig strategy;
  LimitsConfig limits;
  std::vector<std::string> objectives{"accuracy", "params", "flops"};
  FinalConfig final;
  int64_t calibration = 10;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("space", self.space,
          "convnet, vgg, mlp, presets, nb201, nao, or a TOML file with choices of your own (empty: mlp for a table, "
          "convnet for images)");
    field("seed", self.seed, "everything random follows from it", at_least(0));
    field("candidates", self.candidates,
          "architectures to try in all, also after --resume and those that a limit rules out", at_least(1));
    field("minutes", self.minutes,
          "no further round begins after so many minutes of scoring, in all sittings together (0: no limit)",
          at_least(0));
    field("round", self.round,
          "candidates chosen together, from what is known before: a few times as many as there are cores keep these "
          "busy, fewer learn sooner",
          at_least(1));
    field(
        "calibration", self.calibration,
        "candidates, spread over the scores, that are trained on real data to tell how far the ranking can be trusted, "
        "and to weigh score, size and two zero-cost proxies, by which the best are chosen (0: none, equal weights)",
        at_least(0));
    field("estimator", self.estimator,
          "what candidates are trained on to be scored: the teacher's curriculum, the curriculum and then as many "
          "steps on real data (warm_start), real data, real data with the teacher's learned step sizes "
          "(real_schedule), or as many chosen real images as the curriculum has (kmeans)");
    field("estimate", self.estimate, "how a candidate is scored by training");
    field("strategy", self.strategy, "which candidates to try");
    field("objectives", self.objectives,
          "accuracy, and of params, flops (multiply-adds) and latency (for one image on one core, measured here) what "
          "is weighed against it, by the strategy nsga2 and in the Pareto front");
    field("limits", self.limits, "what a network may cost, as it is trained in the end");
    field("final", self.final, "training of the best on real data");
  }
};

}  // namespace gtn
