// The figures of gtn bench for people and for programs.
#pragma once

#include "cli/bench_learners.h"
#include "cli/bench_peak.h"
#include "cli/bench_scoring.h"
#include "gtn/core/json.h"
#include "gtn/core/machine.h"

namespace gtn {

struct BenchReport {
  Machine machine;
  int threads = 1;
  bool quick = false;
  int64_t steps = 0;  // inner steps of a meta-step
  Peaks peaks;
  std::vector<BenchLearner> learners;
  std::vector<LearnerFigures> figures;  // one a learner
  std::vector<ScoringFigures> scoring;
  PeakFigures official_setting_s;    // by precision
  std::vector<std::string> skipped;  // beside what the learners' figures say

  // Whether all threads together reach hardly more than one alone: other programs take their cores, and no figure here
  // is to be trusted.
  bool disturbed() const;
};

// Four significant digits, since no clock here is better than that; null where nothing was measured.
Json rounded(const Figure& figure);
// The machine, its threads and LibTorch, for programs and in two lines for people.
Json machine_json(const Machine& machine, int threads);
std::string machine_text(const Machine& machine, int threads);

// Everything measured, and what follows from it: GFLOP/s by the counted work (Net::plain_multiply_adds), shares of the
// float32 peak with all threads, ratios. A figure that was not measured is null.
Json to_json(const BenchReport& report);

// The machine and its peak, two tables of the learners, what the columns mean and what was skipped.
std::string to_text(const BenchReport& report);

}  // namespace gtn
