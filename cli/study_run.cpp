#include "cli/study_run.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "cli/read_study.h"
#include "cli/study_report.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/version.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

constexpr const char *kTableFile = "table.json", *kPictureFile = "ranking.svg", *kStudySpaceFile = "space.toml";

// 1, 2, 4, ... and the last.
std::vector<int64_t> fidelities_up_to(int64_t steps) {
  if (steps == 0) return {0};
  std::vector<int64_t> result;
  for (int64_t k = 1; k < steps; k *= 2) result.push_back(k);
  result.push_back(steps);
  return result;
}

// Different architectures, drawn one after the other until there are `count` with those of `earlier`; fewer where the
// space has no more.
std::vector<std::string> draw(const Space& space, int64_t count, const Key& key,
                              const std::vector<std::string>& earlier) {
  std::vector<std::string> genotypes;
  std::set<std::string> seen(earlier.begin(), earlier.end());
  for (uint64_t i = 0; std::ssize(seen) < count && i < static_cast<uint64_t>(100 * count); ++i) {
    std::string genotype = space.sample(key.split(i));
    if (seen.insert(genotype).second) genotypes.push_back(std::move(genotype));
  }
  return genotypes;
}

// An earlier study that `key` of the configuration names. Throws a usage error where it does not belong to this one.
std::optional<StudyTable> earlier_study(const std::string& key, const std::string& path, const StudyConfig& config,
                                        const fs::path& run, const char* copy, const Artefact& artefact,
                                        const Space& space) {
  if (path.empty()) return std::nullopt;
  StudyTable table = read_kept(path, run, copy);
  if (table.space != config.space || table.dataset != artefact.dataset)
    throw usage_error(key, path + " is of " + table.space + " on " + table.dataset + ", not of " + config.space +
                               " on " + artefact.dataset);
  for (const std::string& genotype : table.genotypes) space.canonical(genotype);
  return table;
}

}  // namespace

StudyRun::StudyRun(const StudyConfig& config, const StudyFlags& flags)
    : config_(config),
      key_(static_cast<uint64_t>(config.seed)),
      scoring_(flags.resume.empty() ? flags.teacher : flags.resume, flags.machine, key_),
      space_(open_kept_space(config_.space = scoring_.space_for(config.space), flags.resume, kStudySpaceFile)),
      known_(earlier_study("truths", config.truths, config_, flags.resume, kTruthsFile, scoring_.artefact(),
                           *space_.space)),
      earlier_(earlier_study("extends", config.extends, config_, flags.resume, kEarlierFile, scoring_.artefact(),
                             *space_.space)),
      estimators_(make_estimators()),
      directory_((check_extension(), scoring_.open_run(flags.out, flags.resume, to_toml(config_), kept_files()))),
      sitting_(directory_.sittings(), flags.machine.device, flags.machine.thread_count()),
      store_(open_store(directory_)) {
  store_->release();
  if (flags.retry) store_->retry_failed();
  if (store_->trials().empty()) plan();
}

std::map<std::string, EstimatorInFull> StudyRun::make_estimators() const {
  const TrainingEstimatorConfig training{config_.estimate.seeds, config_.estimate.images};
  std::map<std::string, EstimatorInFull> made;
  if (config_.estimators.empty()) throw usage_error("estimators", "is empty; name one or more, or leave it out");
  for (const std::string& name : config_.estimators) {
    if (made.contains(name)) throw usage_error("estimators", "'" + name + "' stands there twice; leave one out");
    const int64_t steps = name == "real" ? config_.real_steps : config_.estimate.steps;
    made.emplace(name, estimator_named(name, "estimators", scoring_, steps, training, key_));
  }
  return made;
}

void StudyRun::check_extension() const {
  if (!earlier_) return;
  if (known_) throw usage_error("extends", "goes without `truths`: the architectures that are added have none yet");
  StudyTable planned{.space = config_.space,
                     .dataset = scoring_.artefact().dataset,
                     .teacher = scoring_.artefact().config,
                     .genotypes = {},
                     .truth = {},
                     .truth_steps = static_cast<double>(config_.truth.steps),
                     .estimators = {}};
  for (const std::string& name : config_.estimators) {
    const std::vector<int64_t> fidelities = fidelities_up_to(estimators_.at(name).steps);
    const size_t count = fidelities.size();
    planned.estimators.push_back({name, fidelities, std::vector<double>(count), std::vector<double>(count),
                                  std::vector<std::vector<double>>(count)});
    planned.estimators.back().raced = estimators_.at(name).estimator->steps() > 0;
  }
  try {
    joined(*earlier_, planned);
  } catch (const std::invalid_argument& error) {
    throw usage_error("extends", config_.extends + ": " + error.what());
  }
}

std::map<std::string, std::string> StudyRun::kept_files() const {
  std::map<std::string, std::string> files;
  if (!space_.text.empty()) files[kStudySpaceFile] = space_.text;
  if (known_) files[kTruthsFile] = to_json(*known_).dump() + "\n";
  if (earlier_) files[kEarlierFile] = to_json(*earlier_).dump() + "\n";
  return files;
}

std::vector<std::string> StudyRun::genotypes() const {
  if (known_) return known_->genotypes;
  return draw(*space_.space, config_.architectures, key_.split("architectures"),
              earlier_ ? earlier_->genotypes : std::vector<std::string>());
}

void StudyRun::plan() {
  std::vector<TrialPlan> plans;
  for (const std::string& genotype : genotypes()) {
    const auto seed = [&](const std::string& stage) { return key_.split(stage).split(genotype).bits(); };
    for (const auto& [name, estimator] : estimators_) plans.push_back({name, genotype, estimator.steps, seed(name)});
    plans.push_back({kTruthStage, genotype, config_.truth.steps, seed(kTruthStage)});
  }
  store_->plan(plans);
}

bool StudyRun::measure() {
  if (store_->count(TrialState::waiting) > 0) directory_.mark_open();
  const auto total = std::ssize(store_->trials());
  const int64_t done = total - store_->count(TrialState::waiting);
  return run_waiting(
      *store_, [this](const Trial& trial) { return perform(trial); }, interrupt_, sitting_, "study", done, total);
}

TrialYield StudyRun::perform(const Trial& trial) const {
  if (trial.plan.stage == kTruthStage) return {train_for_real(trial)};
  const auto net = scoring_.build(*space_.space, trial.plan.genotype);
  const Estimator& estimator = *estimators_.at(trial.plan.stage).estimator;
  const MemoryShare share(training_bytes(*net, scoring_.batch(), estimator.learners()));
  const std::vector<int64_t> fidelities = fidelities_up_to(trial.plan.steps);
  const std::vector<Estimate> estimates = estimator.estimate(*net, fidelities, Key(trial.plan.seed));
  Json result = facts_of(*net);
  result["fidelities"] = fidelities;
  if (estimator.steps() > 0) {
    result["raced"] = true;
    result["curve"] = to_json(estimates.back().curve);
  }
  for (const Estimate& estimate : estimates) {
    result["scores"].push_back(estimate.score);  // not finite: null
    result["steps"].push_back(estimate.cost.steps);
    result["images"].push_back(estimate.cost.images);
    result["seconds"].push_back(estimate.cost.seconds);
  }
  return {result_of(estimates.back().score, result)};
}

TrialResult StudyRun::train_for_real(const Trial& trial) const {
  const auto net = scoring_.build(*space_.space, trial.plan.genotype);
  if (known_) {
    const auto at = std::ranges::find(known_->genotypes, trial.plan.genotype) - known_->genotypes.begin();
    return result_of(known_->truth.at(static_cast<size_t>(at)), facts_of(*net));
  }
  const auto [trained, curve] = scoring_.train(*net, config_.truth, Key(trial.plan.seed));
  Json result = facts_of(*net);
  result["curve"] = to_json(curve);
  result["validation"] = scoring_.accuracy_of(*net, trained, scoring_.splits().validation);
  return result_of(scoring_.accuracy_of(*net, trained, scoring_.splits().test), result);
}

void StudyRun::finish() {
  Json json = to_json(table_of_run(directory_.path()));
  json["config"] = to_toml(config_);
  json["program"] = GTN_VERSION;
  write_file_atomic(directory_.path() / kTableFile, json.dump(1) + "\n");
  write_curves(directory_.path() / kPictureFile, ranking_plot(read_findings(directory_.path().string())));
  directory_.mark_done();
}

}  // namespace gtn
