// Several estimates made one, with weights that learn from a few candidates whose truth is known. Whoever says how well
// it ranks leaves out the candidates that it was fitted on, and counts their truths as its cost.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gtn/core/tensor.h"

namespace gtn {

// How much equal weights weigh; the squares of n candidates' scaled ranks add up to about n / 3.
inline constexpr double kEqualWeights = 5;

// A sum of the estimates' ranks. Ranks, since the estimates differ in scale by orders of magnitude and what is wanted
// is a ranking; values that are not finite rank below all others (gtn/search/ranking.h). They are scaled to [-1, 1], so
// that weights carry over from a few candidates to many.
//
// Weights w begin equal, w0 = 1 / estimators each, and move as far as the known truths say so: they minimise
// |y - F w|^2 + kEqualWeights |w - w0|^2 over the scaled ranks F of the estimates and y of the truth (ridge regression,
// Hoerl, Kennard, 1970, around w0 in the place of zero). What falls below zero is set to zero: an estimate says that
// larger is better. Few truths alone are a bad guide: docs/decisions/0014-searches-rank-by-a-combination.md has the
// measurement.
class Combination final {
 public:
  explicit Combination(std::vector<double> weights) : weights_(std::move(weights)) {}

  // `estimates` [estimator][candidate], `truth` [candidate], larger is better; of none or one the weights are equal.
  // Throws std::invalid_argument where there is no estimator, or the lengths differ.
  static Combination fit(const std::vector<std::vector<double>>& estimates, std::span<const double> truth);

  // One score a candidate, larger is better, of which the order alone says something: candidates are ranked among those
  // given here, so that one alone scores zero. Throws std::invalid_argument where there are more or fewer estimators
  // than weights, or they differ in length.
  std::vector<double> predict(const std::vector<std::vector<double>>& estimates) const;

  // One an estimator.
  const std::vector<double>& weights() const { return weights_; }

 private:
  std::vector<double> weights_;
};

// The estimates of some candidates, by their numbers, in that order: [estimator][chosen]. Throws std::out_of_range
// where there is no such candidate.
std::vector<std::vector<double>> estimates_of(const std::vector<std::vector<double>>& estimates,
                                              std::span<const int64_t> candidates);

// What a combination says of each candidate when it is fitted on all others: how well combinations rank candidates that
// they do not know, at the cost of no further truth. `estimates` and `truth` as of fit(), which says what is thrown.
std::vector<double> left_out_scores(const std::vector<std::vector<double>>& estimates, std::span<const double> truth);

}  // namespace gtn
