#include "cli/search_run.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "cli/network_file.h"
#include "cli/search_costs.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/core/side_by_side.h"
#include "gtn/search/latency.h"
#include "gtn/search/proxies.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

constexpr const char *kSpaceFile = "space.toml", *kFinalSpaceFile = "final_space.toml";

KeptSpace final_space_of(const SearchConfig& config, const std::string& resume, const KeptSpace& space) {
  if (config.final.space.empty()) return {space.space, {}};
  return open_kept_space(config.final.space, resume, kFinalSpaceFile);
}

// What a run keeps of the spaces' files.
std::map<std::string, std::string> files_of(const KeptSpace& space, const KeptSpace& final_space) {
  std::map<std::string, std::string> files;
  if (!space.text.empty()) files[kSpaceFile] = space.text;
  if (!final_space.text.empty()) files[kFinalSpaceFile] = final_space.text;
  return files;
}

// LibTorch has one thread while this lives: a latency does not depend on --threads.
class OneThread {
 public:
  OneThread() { at::set_num_threads(1); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;
  ~OneThread() { at::set_num_threads(before_); }

 private:
  int before_ = at::get_num_threads();
};

TrainingEstimatorConfig judging_of(const SearchConfig& config) {
  return {config.estimate.seeds, config.estimate.images};
}

Outcome outcome_of(const Trial& trial, const std::vector<std::string>& objectives) {
  Outcome outcome{.proposal = {trial.plan.genotype, trial.plan.steps}};
  if (trial.state != TrialState::done) return outcome;
  if (trial.score) outcome.score = *trial.score;
  outcome.costs = costs_of(facts_of(trial), objectives);
  return outcome;
}

}  // namespace

SearchRun::SearchRun(const SearchConfig& config, const SearchFlags& flags)
    : config_(check_objectives(config)),
      key_(static_cast<uint64_t>(config.seed)),
      scoring_(flags.resume.empty() ? flags.teacher : flags.resume, flags.machine, key_),
      space_(open_kept_space(config_.space = scoring_.space_for(config.space), flags.resume, kSpaceFile)),
      final_space_(final_space_of(config, flags.resume, space_)),
      estimator_(estimator_named(std::string(name_of(config_.estimator)), "estimator", scoring_, config_.estimate.steps,
                                 judging_of(config_), key_)),
      real_estimator_(scoring_.real_estimator(estimator_.steps, judging_of(config_))),
      proxies_{synflow_estimator(), gradient_norm_estimator(scoring_.proxy_batch(key_))},
      strategy_(make_strategy(config.strategy, space(), estimator_.steps, config.candidates, key_.split("strategy"))),
      directory_(scoring_.open_run(flags.out, flags.resume, to_toml(config_), files_of(space_, final_space_))),
      sitting_(directory_.sittings(), flags.machine.device, flags.machine.thread_count()),
      store_(open_store(directory_)) {
  store_->release();
  if (flags.retry) store_->retry_failed();
}

TrialPlan SearchRun::plan_of(const std::string& stage, const std::string& genotype, int64_t steps,
                             const std::string& detail) const {
  return {stage, genotype, steps, key_.split(stage).split(genotype).bits(), detail, work_of(stage, genotype, steps)};
}

double SearchRun::work_of(const std::string& stage, const std::string& genotype, int64_t steps) const {
  try {
    return static_cast<double>(steps) * static_cast<double>(net_of(stage, genotype)->plain_multiply_adds());
  } catch (const std::exception&) {  // its trial fails by the same, and keeps the reason
    return 0;
  }
}

fs::path SearchRun::weights(const Trial& trained) const {
  return directory_.path() / ("trained-" + std::to_string(trained.id) + ".safetensors");
}

std::vector<Trial> SearchRun::trained() const {
  std::vector<Trial> trained = trials(kFinal);
  if (truths_compete()) std::ranges::copy(trials(kTruth), std::back_inserter(trained));
  std::erase_if(trained, [](const Trial& trial) { return trial.state == TrialState::waiting; });
  std::ranges::stable_sort(trained, std::greater{}, score_of);
  return trained;
}

RealTrainingConfig SearchRun::training() const {
  RealTrainingConfig training = config_.final.training;
  const int64_t images = config_.final.passes * scoring_.splits().train.size();
  if (images > 0) training.steps = std::min(training.steps, std::max<int64_t>(1, images / training.batch));
  return training;
}

// Runs what waits, whatever it is. So many trials have ended of those that are meant to be there in the end.
bool SearchRun::run_stage(const std::string& label, int64_t ended, int64_t planned) {
  if (store_->count(TrialState::waiting) > 0) directory_.mark_open();
  return run_waiting(
      *store_, [this](const Trial& trial) { return perform(trial); }, interrupt_, sitting_, label, ended, planned);
}

int64_t SearchRun::ended(const std::string& stage) const {
  return store_->count(TrialState::done, stage) + store_->count(TrialState::failed, stage);
}

bool SearchRun::explore() {
  const double allowed = config_.minutes > 0 ? 60 * config_.minutes : std::numeric_limits<double>::infinity();
  std::vector<Outcome> told;
  std::map<std::string, std::string> details;  // of those that were told, by genotype
  double seconds = 0;
  int64_t last = 0, scored = ended(kEstimate);
  while (run_stage("scoring", scored, config_.candidates)) {
    for (const Trial& trial : store_->trials(kEstimate, last)) {
      told.push_back(outcome_of(trial, config_.objectives));
      details.emplace(trial.plan.genotype, trial.plan.detail);
      seconds += trial.seconds;
      last = trial.id;
    }
    scored = std::ssize(told);
    const int64_t count = std::min(config_.round, config_.candidates - scored);
    if (count < 1 || seconds / static_cast<double>(tasks_at_once(config_.round)) >= allowed) return true;
    std::vector<TrialPlan> plans;
    for (const auto& [genotype, steps] : strategy_->ask(told, count)) {
      if (interrupt_.requested()) return false;
      const auto detail = details.find(genotype);
      plans.push_back(
          plan_of(kEstimate, genotype, steps, detail != details.end() ? detail->second : measured(genotype).dump()));
    }
    if (plans.empty()) return true;
    store_->plan(plans);
  }
  return false;
}

bool SearchRun::train_finalists() {
  std::set<std::string> calibrated, planned;
  if (truths_compete())
    for (const Trial& trial : store_->trials(kTruth)) calibrated.insert(trial.plan.genotype);
  for (const Trial& trial : store_->trials(kFinal)) planned.insert(trial.plan.genotype);
  std::vector<TrialPlan> plans;  // none, but in the first sitting and after more candidates
  int64_t best = 0;
  for (const Trial& trial : ranking().trials) {
    const std::string& genotype = trial.plan.genotype;
    if (calibrated.contains(genotype)) continue;
    if (++best > config_.final.best) break;
    if (!planned.contains(genotype)) plans.push_back(plan_of(kFinal, genotype, training().steps));
  }
  if (!plans.empty()) store_->plan(plans);
  return run_stage("training the best", ended(kFinal), std::ssize(store_->trials(kFinal)));
}

bool SearchRun::calibrate() {
  const std::vector<Trial> all = ranking().trials;
  const auto count = std::min<size_t>(all.size(), static_cast<size_t>(config_.calibration));
  if (count < 2) return true;
  if (store_->trials(kTruth).empty()) {
    std::vector<TrialPlan> plans;
    for (size_t i = 0; i < count; ++i) {  // the best, the worst, and evenly between
      const TrialPlan& plan = all[i * (all.size() - 1) / (count - 1)].plan;
      plans.push_back(plan_of(kTruth, plan.genotype, training().steps));
      if (compares_real_data()) plans.push_back(plan_of(kReal, plan.genotype, plan.steps));
    }
    store_->plan(plans);
  }
  return run_stage("calibrating", ended(kTruth) + ended(kReal),
                   std::ssize(store_->trials(kTruth)) + std::ssize(store_->trials(kReal)));
}

Json SearchRun::measured(const std::string& genotype) const {
  if (!needs_latency(config_)) return Json::object();
  try {
    const auto net = finalist(genotype);
    check_limits(*net, config_.limits, 0);
    const MemoryShare share(training_bytes(*net, 1));
    const OneThread alone;
    return {{kLatency, 1000 * latency(*net, 1)}};
  } catch (const std::exception&) {  // its trial fails by the same, and keeps the reason
    return Json::object();
  }
}

TrialYield SearchRun::perform(const Trial& trial) const {
  const std::string& stage = trial.plan.stage;
  if (stage == kEstimate) return estimate(*estimator_.estimator, trial);
  return stage == kReal ? estimate(*real_estimator_, trial) : train_for_real(trial);
}

TrialYield SearchRun::estimate(const Estimator& estimator, const Trial& trial) const {
  const auto net = candidate(trial.plan.genotype), final_net = finalist(trial.plan.genotype);
  Json facts = facts_of(*final_net);
  facts.update(Json::parse(trial.plan.detail));
  check_limits(*final_net, config_.limits, facts.value(kLatency, 0.0));
  if (config_.limits.latency > 0 && !facts.contains(kLatency))
    throw failure("limits.latency",
                  "the time of this network could not be measured when it was proposed: memory was short");
  const MemoryShare share(training_bytes(*net, scoring_.batch(), estimator.learners()));
  const int64_t fidelities[] = {trial.plan.steps};
  const Estimate estimate = estimator.estimate(*net, fidelities, Key(trial.plan.seed)).front();
  facts["steps"] = estimate.cost.steps;
  facts["images"] = estimate.cost.images;
  facts["seconds"] = estimate.cost.seconds;
  facts["curve"] = to_json(estimate.curve);
  if (trial.plan.stage == kEstimate)
    for (const EstimatorPtr& proxy : proxies_)  // not finite: null
      facts[proxy->name()] = proxy->estimate(*net, fidelities, Key(trial.plan.seed)).front().score;
  return {result_of(estimate.score, facts)};
}

TrialYield SearchRun::train_for_real(const Trial& trial) const {
  const auto net = net_of(trial.plan.stage, trial.plan.genotype);
  const auto [trained, curve] = scoring_.train(*net, training(), Key(trial.plan.seed));
  const double percent = scoring_.accuracy_of(*net, trained, scoring_.splits().validation);
  Json facts = facts_of(*net);
  facts["steps"] = training().steps;
  facts["curve"] = to_json(curve);
  TrialYield yield{result_of(percent, facts)};
  if (competes(trial.plan.stage) && std::isfinite(percent))
    yield.keep = [this, net, trained = trained, path = weights(trial)] {
      save_network(path, *net, trained, scoring_.splits());
    };
  return yield;
}

}  // namespace gtn
