// What several learners gain from being scored side by side, one thread each, beside one after the other with all
// threads in each.
#pragma once

#include "cli/bench_learners.h"

namespace gtn {

// Times in ms of teaching and judging as many fresh learners as there are threads.
struct ScoringFigures {
  std::string name;
  Figure one_by_one;
  Figure side_by_side;
  Figure one_thread;  // one by one with a single thread
};

// Of those that scoring is measured on: the small ones.
bool scores(const BenchLearner& learner);

// Billions of FLOP of a first look at it, on all threads together.
double scoring_gflop(const BenchLearner& learner);

// Each learner takes 16 steps and is judged on 1,000 images. The figure for side by side is taken whether or not
// is_small_step() would have chosen so: it is what that rule was measured by.
ScoringFigures measure_scoring(const BenchLearner& learner, const Patience& patience);

}  // namespace gtn
