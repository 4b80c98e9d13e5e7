// One run of gtn search: candidates scored, on a teacher's curriculum or otherwise, the best trained on real data.
#pragma once

#include <memory>

#include "cli/estimators.h"
#include "cli/search_config.h"
#include "cli/search_ranking.h"
#include "cli/trial_runner.h"
#include "gtn/runs/run_directory.h"

namespace gtn {

struct SearchFlags {
  MachineFlags machine;
  std::string teacher;  // of a new search: an artefact or a run
  std::string config, out, resume;
  std::vector<std::string> settings;
  bool retry = false;  // failed trials wait again
  bool json = false;
};

// What the trials are planned as.
inline constexpr const char* kEstimate = "estimate";  // scored by the estimator
inline constexpr const char* kTruth = "truth";        // trained on real data, to weigh estimates and tell their worth
inline constexpr const char* kFinal = "final";        // one of the best, trained on real data
inline constexpr const char* kReal = "real";          // scored after as many steps on real data, beside a truth

class SearchRun {
 public:
  // Everything is checked before the folder is made: a refused request leaves nothing behind.
  SearchRun(const SearchConfig& config, const SearchFlags& flags);

  // Each goes on where the run stopped, and returns false where a person interrupted it.
  bool explore();    // asks the strategy and scores what it proposes, round by round, until the budget is spent
  bool calibrate();  // candidates spread over the scores on real data, and after as many steps on it as scored them
  bool train_finalists();  // the best of those that were not, on real data

  const SearchConfig& config() const { return config_; }
  const RunDirectory& directory() const { return directory_; }
  const Space& space() const { return *space_.space; }
  const Scoring& scoring() const { return scoring_; }
  std::vector<Trial> trials(const std::string& stage) const { return store_->trials(stage); }
  // By what is known now.
  Ranking ranking() const { return rank_candidates(trials(kEstimate), trials(kTruth)); }
  // Those that were trained on real data as the search means them to be, the best first: the finalists and, where these
  // are not built in a space of their own, what was trained to calibrate.
  std::vector<Trial> trained() const;

  // The network of a genotype, as it is scored and as it is trained in the end.
  std::shared_ptr<const Net> candidate(const std::string& genotype) const {
    return scoring_.build(*space_.space, genotype);
  }
  std::shared_ptr<const Net> finalist(const std::string& genotype) const {
    return scoring_.build(*final_space_.space, genotype);
  }

  // Nothing of this run is left to do.
  void finish() { directory_.mark_done(); }

  // Where the weights of one of trained() lie.
  std::filesystem::path weights(const Trial& trained) const;

 private:
  TrialYield estimate(const Estimator& estimator, const Trial& trial) const;
  TrialYield train_for_real(const Trial& trial) const;
  TrialYield perform(const Trial& trial) const;
  // Before it is planned: its latency, where that matters.
  Json measured(const std::string& genotype) const;
  bool run_stage(const std::string& label, int64_t ended, int64_t planned);
  int64_t ended(const std::string& stage) const;
  RealTrainingConfig training() const;  // on real data, no longer than the passes that are allowed
  TrialPlan plan_of(const std::string& stage, const std::string& genotype, int64_t steps,
                    const std::string& detail = "{}") const;
  // Multiply-adds of so many steps of one example, by which the longest of a stage is claimed first, so that few cores
  // wait; 0 where there is no such network.
  double work_of(const std::string& stage, const std::string& genotype, int64_t steps) const;
  // As a trial of the stage builds it.
  std::shared_ptr<const Net> net_of(const std::string& stage, const std::string& genotype) const {
    return competes(stage) ? finalist(genotype) : candidate(genotype);
  }
  bool competes(const std::string& stage) const { return stage == kFinal || (stage == kTruth && truths_compete()); }
  bool truths_compete() const { return config_.final.space.empty(); }  // with the finalists
  // Beside the truths, where it is not what scores already.
  bool compares_real_data() const { return config_.estimator != ScoredBy::real; }

  SearchConfig config_;
  Key key_;
  Scoring scoring_;
  KeptSpace space_, final_space_;
  EstimatorInFull estimator_;
  EstimatorPtr real_estimator_;        // the baseline beside the truths
  std::vector<EstimatorPtr> proxies_;  // whose scores stand in a trial's result, by their names
  std::unique_ptr<Strategy> strategy_;
  RunDirectory directory_;
  SittingClock sitting_;
  std::unique_ptr<TrialStore> store_;
  InterruptGuard interrupt_;
};

}  // namespace gtn
