// Whom gtn evaluate teaches.
#pragma once

#include "gtn/data/artefact.h"
#include "gtn/nets/learner.h"
#include "gtn/nets/population.h"

namespace gtn {

inline constexpr const char* kTaught = "taught";  // the kinds of learner that taught the teacher

struct Candidate {
  std::string name;
  std::vector<LearnerPtr> learners;  // one a seed
  std::string fault;                 // why there are none; empty where there are
};

// The learners of every name, all made before the first is trained, so that a fault shows at once: throws a usage error
// that lists every text that is wrong, or a failure where a file cannot be read. With `matrix` every preset besides;
// one that does not fit the images is a candidate that says so.
std::vector<Candidate> candidates_of(const std::vector<std::string>& names, bool matrix, int seeds,
                                     const PopulationConfig& population, const Artefact& artefact, const Key& key);

}  // namespace gtn
