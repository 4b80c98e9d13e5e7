// What gtn evaluate measures of one teacher.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/evaluate_learners.h"
#include "cli/evaluate_report.h"
#include "gtn/unroll/experts.h"

namespace gtn {

struct MeasureFlags {
  std::string controls = "kmeans";
  std::string expert =
      "conv(32) norm(batch) relu maxpool(2) conv(64) norm(batch) relu maxpool(2) flatten linear(classes)";
  int64_t expert_steps = RealTrainingConfig{}.steps;
  std::vector<double> temperatures{1, 2, 4};
  bool speedup = false;
  int64_t speedup_cap = SpeedupConfig{}.cap;
  bool to_end = false;
  int64_t to_end_steps = ToEndConfig{}.steps;
  bool shuffle = false;
  bool robustness = false;
  int64_t robustness_steps = RobustnessConfig{}.real_steps;

  void add_to(CLI::App& verb);
};

// What every learner is measured on.
struct Subject {
  const Artefact& artefact;
  const Splits& splits;
  const Lesson& lesson;
  at::Device device;
  Key key;

  int64_t batch() const { return artefact.images.size(1); }
};

// Every candidate on the curriculum, on real data and beside the controls asked for; shows its progress. Throws a usage
// error where the expert does not fit the images.
EvaluationReport measure(const MeasureFlags& flags, const Subject& subject, const std::vector<Candidate>& candidates,
                         int seeds);

}  // namespace gtn
