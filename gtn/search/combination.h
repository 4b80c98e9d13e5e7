// Several estimates made one, with weights learned from a few candidates whose truth is known. Whoever says how well it
// ranks leaves out the candidates that it was fitted on, and counts their truths as its cost.
#pragma once

#include <span>
#include <vector>

#include "gtn/core/tensor.h"

namespace gtn {

// Ridge regression (Hoerl, Kennard, 1970) of the ranks of the truth on the ranks of the estimates. Ranks, since the
// estimates differ in scale by orders of magnitude and what is wanted is a ranking; values that are not finite rank
// below all others (gtn/search/ranking.h). They are scaled to [-1, 1], so that weights carry over from a few candidates
// to many. No weight is negative: an estimate says that larger is better, and a few truths that say otherwise do so by
// chance; the estimate with the most negative weight is left out and the others are fitted again until there is none.
// Few truths need a large ridge: it is the one of a grid with the smallest squared error where each
// candidate's truth is predicted from the others'.
class Combination final {
 public:
  // With weights from an earlier fit.
  explicit Combination(std::vector<double> weights) : weights_(std::move(weights)) {}

  // `estimates` [estimator][candidate], `truth` [candidate], larger is better. Throws std::invalid_argument where there
  // is no estimator, there are fewer than two candidates, or the lengths differ.
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

// What a combination says of each candidate when it is fitted on all others: how well combinations rank candidates that
// they do not know, at the cost of no further truth. `estimates` and `truth` as of fit(), with one candidate more.
// Throws what fit() throws.
std::vector<double> left_out_scores(const std::vector<std::vector<double>>& estimates, std::span<const double> truth);

}  // namespace gtn
