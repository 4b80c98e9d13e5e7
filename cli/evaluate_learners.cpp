#include "cli/evaluate_learners.h"

#include <algorithm>

#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/nets/spec.h"

namespace gtn {
namespace {

// One learner a seed: the named one, or what taught the teacher: its fixed learners in turn, or fresh draws.
std::vector<LearnerPtr> learners_of(const std::string& name, const PopulationConfig& population, const Shape& image,
                                    int64_t classes, int seeds, const Key& key) {
  std::vector<std::string> texts = population.fixed;
  if (name != kTaught) texts = {learner_text(name)};
  const auto count = static_cast<size_t>(seeds);
  if (texts.empty())
    for (uint64_t i = 0; i < count; ++i) texts.push_back(sample_learner(population, key.split(i)));
  std::vector<LearnerPtr> distinct, learners;
  for (const std::string& text : texts) distinct.push_back(make_net(text, image, classes));
  for (size_t i = 0; i < count; ++i) learners.push_back(distinct[i % distinct.size()]);
  return learners;
}

}  // namespace

std::string learner_text(const std::string& argument) {
  const bool is_file = argument.find('/') != std::string::npos || argument.ends_with(".txt");
  return is_file ? read_file(argument, 64 << 10) : argument;
}

std::vector<Candidate> candidates_of(const std::vector<std::string>& names, bool matrix, int seeds,
                                     const PopulationConfig& population, const Artefact& artefact, const Key& key) {
  const Shape image{artefact.images.size(2), artefact.images.size(3), artefact.images.size(4)};
  const auto make = [&](const std::string& name) {
    return learners_of(name, population, image, artefact.labels.size(2), seeds, key);
  };
  std::vector<Candidate> candidates;
  for (const std::string& name : names) candidates.push_back({name, make(name), {}});
  if (!matrix) return candidates;
  for (const Preset& preset : presets()) {
    if (std::ranges::find(names, preset.name) != names.end()) continue;
    try {
      candidates.push_back({preset.name, make(preset.name), {}});
    } catch (const Error& error) {
      candidates.push_back({preset.name, {}, error.what()});
    }
  }
  return candidates;
}

}  // namespace gtn
