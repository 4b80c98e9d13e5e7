// How good a trained learner is, and the summary of several.
#pragma once

#include <vector>

#include "gtn/data/dataset.h"
#include "gtn/unroll/inner_loop.h"
#include "gtn/unroll/schedule.h"

namespace gtn {

constexpr int64_t kImagesAtOnce = 500;  // that predictions() puts through a learner

// The classes that a learner gives the first `count` images of `dataset`, or all where they are fewer: int64, on the
// CPU.
Tensor predictions(const Learner& learner, const Tensor& w, const Statistics& statistics, const Dataset& dataset,
                   const Normalization& normalization, int64_t count, at::Device device);

// Percent of `predicted` that are right: the classes given to the first images of `dataset`.
double percent_right(const Tensor& predicted, const Dataset& dataset);

// The two in one: percent of the first `count` images of `dataset` that are classified right.
double accuracy(const Learner& learner, const Tensor& w, const Statistics& statistics, const Dataset& dataset,
                const Normalization& normalization, int64_t count, at::Device device);

// What is taught: batches and the step size of each.
struct Lesson {
  const BatchSource& source;
  Schedule schedule;
  MultiplierOf multiplier = {};  // one more choice for whoever chooses a learner's step sizes; usually there is none
};

// Accuracy of one fresh learner taught by `lesson`, at the end, with statistics from the last batch.
double final_accuracy(const Learner& learner, const Lesson& lesson, const Key& key, const Dataset& dataset,
                      const Normalization& normalization, int64_t count, at::Device device);

// Accuracies in percent over the seeds, on the test split unless it is said otherwise.
struct AccuracyCurve {
  double mean = 0, std = 0;              // after the last step; std with divisor n - 1
  std::vector<double> curve, curve_std;  // after 0 .. T steps; of one entry, the end, where nothing else was judged
  std::vector<double> finals;            // one a seed
};

// Of one curve a seed, all of the same length. Throws std::out_of_range where there is none.
AccuracyCurve summary(const std::vector<std::vector<double>>& curves);

}  // namespace gtn
