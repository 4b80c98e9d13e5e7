// Learner texts that stand in files, so that a network may take several lines and comments, and what stands for several
// of a space.
#pragma once

#include "cli/run_config.h"
#include "gtn/nets/spec.h"

namespace gtn {

// The layers of a learner text, for --help; gtn/nets/spec.h has the whole of it.
inline constexpr const char* kLearnerHelp =
    "A learner text is layers in a row, as in 'conv(16) relu maxpool(2) flatten linear(classes)':\n"
    "  conv(OUT, k=3, s=1, p=same, d=1, g=1, nobias, wn)   linear(OUT, nobias, wn)   OUT: a number, or the word "
    "classes\n"
    "  maxpool(K, s=K, p=0)  avgpool(K, s=K, p=0)  gap  flatten  attention(heads=1)\n"
    "  norm(mean | batch | instance)  relu  leaky_relu(0.1)  tanh  silu\n"
    "  res{ LAYERS }   their output and their input, added      res{ LAYERS }{ OTHERS }   the outputs of both, added";

struct LearnerText {
  std::string text;
  std::string file;  // where it was read; empty where it was given itself
};

// What `argument` stands for: "@PATH", or a word with a '/' or ending in ".txt", for the content of that file, of at
// most 64 KiB; everything else for itself. Throws a failure where the file cannot be read.
LearnerText read_learner(const std::string& argument);

// As make_net, whose faults name the file besides the line and column.
std::shared_ptr<const Net> make_net(const LearnerText& learner, const Shape& input, int64_t classes);

// Puts the texts in the place of every "@PATH" that the configuration names a learner by, and in population.fixed so
// many different architectures of a space in the place of "64 of nb201(width=4)" (as open_space() names it; all where
// it has fewer), drawn by the configuration's seed: the run does not depend on those files and spaces any more. Returns
// what was read, to be checked when the images are known. Throws a usage error for 0 or more than 1,000 of a space, and
// what open_space() throws.
std::vector<LearnerText> settle_learners(RunConfig& config);

// Throws a usage error that lists every learner of the configuration (population.fixed and validation.learner; experts
// are checked when they are asked for) that cannot be built, with its file or text and what is wrong with it. `files`:
// what settle_learners() returned.
void check_learners(const RunConfig& config, const std::vector<LearnerText>& files, const Shape& image,
                    int64_t classes);

}  // namespace gtn
