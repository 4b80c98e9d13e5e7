// The meta-gradients of several learners as one.
#pragma once

#include "gtn/unroll/adjoint.h"

namespace gtn {

bool is_finite(const MetaGradient& gradient);

// Scales those down whose Euclidean norm (over images, labels and step sizes) is above `limit` times the median of all
// (of an even number: the lower one): one learner at the edge of divergence, whose gradient can be a million times that
// of the others, would else decide alone. Nothing where there are fewer than two, or `limit` is zero.
void limit_to_median(std::vector<MetaGradient>& gradients, double limit);

// Their mean, of learners of the same window, without w0, which belongs to each alone. Of a single one: itself. Throws
// std::out_of_range where there is none.
MetaGradient mean(std::vector<MetaGradient> gradients);

}  // namespace gtn
