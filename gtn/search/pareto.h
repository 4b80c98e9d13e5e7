// Domination among candidates that are better in one respect and worse in another. All objectives are minimised: a
// score is handed in with its sign turned. A NaN is worse than every number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gtn {

using Objectives = std::vector<double>;  // of one candidate

// The fronts of non-dominated sorting (Deb et al., 2002, section III-A): the first holds the points that no other
// dominates, each further one those that only earlier fronts dominate. A point dominates another if it is nowhere worse
// and somewhere better, so that equal points share a front. Indices ascend within a front. Throws
// std::invalid_argument where the points differ in their number of objectives.
std::vector<std::vector<size_t>> non_dominated_fronts(const std::vector<Objectives>& points);

// The crowding distance of each of `front`'s points among them, in the order of `front` (Deb et al., 2002, section
// III-B): the sum over the objectives of the gap between the two neighbours, divided by the front's range; infinite for
// the smallest and the largest in any objective. An objective that is constant or infinite on the front adds nothing.
std::vector<double> crowding_distances(const std::vector<Objectives>& points, std::span<const size_t> front);

// The indices of the candidates that no other dominates; `score` larger is better, `costs` [n][objectives] smaller is
// better; candidates whose score is not finite never. Ascending. Throws std::invalid_argument where the lengths differ.
std::vector<size_t> pareto_front(std::span<const double> score, const std::vector<std::vector<double>>& costs);

// The same among those with the most `steps` [n]: the scores of others are not of the same lesson.
std::vector<size_t> front_of_longest(std::span<const int64_t> steps, std::span<const double> score,
                                     const std::vector<std::vector<double>>& costs);

}  // namespace gtn
