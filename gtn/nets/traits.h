// What a learner's text says about the step size it wants: the features of a step-size multiplier that is conditioned
// on the learner and serves learners that no teacher met.
#pragma once

#include <string>
#include <vector>

namespace gtn {

// Names of the features, in the order of learner_traits().
const std::vector<std::string>& trait_names();

// Of a learner text (not a preset's name): for each norm, pooling, activation and head one if it occurs and else zero;
// "no norm"; the number of convolutions and of linear layers over three; log2 of the first layer's width over four.
std::vector<double> learner_traits(const std::string& text);

}  // namespace gtn
