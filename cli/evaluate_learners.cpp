#include "cli/evaluate_learners.h"

#include <algorithm>

#include "cli/learner_file.h"
#include "gtn/core/error.h"

namespace gtn {
namespace {

// One learner a seed: the named one, or what taught the teacher: its fixed learners in turn, or fresh draws.
std::vector<LearnerPtr> learners_of(const std::string& name, const PopulationConfig& population, const Shape& image,
                                    int64_t classes, int seeds, const Key& key) {
  std::vector<LearnerText> texts;
  if (name != kTaught)
    texts = {read_learner(name)};
  else
    for (const std::string& text : population.fixed) texts.push_back({text, ""});
  const auto count = static_cast<size_t>(seeds);
  if (texts.empty())
    for (uint64_t i = 0; i < count; ++i) texts.push_back({sample_learner(population, key.split(i)), ""});
  std::vector<LearnerPtr> distinct, learners;
  for (const LearnerText& text : texts) distinct.push_back(make_net(text, image, classes));
  for (size_t i = 0; i < count; ++i) learners.push_back(distinct[i % distinct.size()]);
  return learners;
}

}  // namespace

std::vector<Candidate> candidates_of(const std::vector<std::string>& names, bool matrix, int seeds,
                                     const PopulationConfig& population, const Artefact& artefact, const Key& key) {
  const Shape image{artefact.images.size(2), artefact.images.size(3), artefact.images.size(4)};
  const auto make = [&](const std::string& name) {
    return learners_of(name, population, image, artefact.labels.size(2), seeds, key);
  };
  std::vector<Candidate> candidates;
  Faults faults("--learner");
  ErrorKind kind = ErrorKind::usage;
  for (const std::string& name : names) {
    try {
      candidates.push_back({name, make(name), {}});
    } catch (const Error& error) {
      faults.add(error.what());
      if (error.kind() == ErrorKind::failure) kind = ErrorKind::failure;
    }
  }
  faults.throw_if_any(kind);
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
