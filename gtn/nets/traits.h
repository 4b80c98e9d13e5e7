// What a learner's text says about the step size it wants: the features of a step-size multiplier that is conditioned
// on the learner and serves learners that no teacher met.
#pragma once

#include <string>
#include <vector>

#include "gtn/core/tensor.h"

namespace gtn {

// Names of the features, in the order of learner_traits().
const std::vector<std::string>& trait_names();

// Of a learner text (not a preset's name): for each norm, pooling, activation and head one if it occurs and else zero;
// "no norm"; the number of convolutions and of linear layers over three; log2 of the first layer's width over four.
std::vector<double> learner_traits(const std::string& text);

// How much each trait counts in the logarithm of a learner's multiplier, [traits] float32. Shared out among them: a
// learner has half a dozen traits, and an outer optimiser that moves each by its step size would else move their sum
// several times as far.
Tensor trait_shares(const std::string& text);

// What the step sizes of a learner are multiplied with: exp <log_multipliers, trait_shares(text)>. `log_multipliers`:
// [traits] float32.
double conditioned_multiplier(const Tensor& log_multipliers, const std::string& text);

}  // namespace gtn
