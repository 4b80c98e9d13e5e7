// How far a ranking can be trusted: rank correlations with intervals, and what choosing by it costs. Everywhere a value
// that is not finite (a candidate that diverged or failed) ranks below all others, and equal values share their mean
// rank; so do two that are not finite.
#pragma once

#include <span>
#include <vector>

#include "gtn/core/random.h"

namespace gtn {

// Ranks 1 .. n of values, ascending; equal ones share the mean of theirs.
std::vector<double> ranks_of(std::span<const double> values);

// The indices of values, the highest first; equal ones in the order given.
std::vector<size_t> highest_first(std::span<const double> values);

// Spearman's rho: Pearson's correlation of the ranks. NaN below two values or where a side is constant. Throws
// std::invalid_argument where the lengths differ, as do all functions of two sides here.
double spearman(std::span<const double> a, std::span<const double> b);

// Kendall's tau-b, which corrects for ties. NaN as spearman().
double kendall(std::span<const double> a, std::span<const double> b);

struct Interval {
  double low = 0, high = 0;
};

// spearman() or kendall().
using Correlation = double (*)(std::span<const double>, std::span<const double>);

// The 95 % percentile interval of a correlation over `resamples` bootstrap samples of the pairs (Efron, 1979); samples
// whose correlation is NaN are left out. Both ends are NaN where no sample has one. The same key, the same samples.
Interval bootstrap_interval(Correlation correlation, std::span<const double> estimate, std::span<const double> truth,
                            const Key& key, int64_t resamples = 1000);

// spearman() over the upper half by `estimate` alone: the cut that the paper reports. Of 2 m - 1 values the upper m;
// ties at the cut in the order given.
double top_half_spearman(std::span<const double> estimate, std::span<const double> truth);

// The best truth of all minus the best truth among the `k` with the highest estimates (ties: in the order given), in
// the units of the truth; k may be above their number. Infinite where none of the k has a finite truth, but another
// has; NaN where none has. Throws std::invalid_argument where k < 1 or there are no values.
double regret_at(std::span<const double> estimate, std::span<const double> truth, int64_t k);

}  // namespace gtn
