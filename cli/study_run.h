// One run of gtn study: architectures trained on real data to the end, and what every estimator says of them.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "cli/estimators.h"
#include "cli/study_config.h"
#include "cli/trial_runner.h"
#include "gtn/runs/run_directory.h"
#include "gtn/search/study_table.h"

namespace gtn {

struct StudyFlags {
  MachineFlags machine;
  std::vector<std::string> tables;  // to show
  std::string teacher, config, out, resume;
  std::vector<std::string> settings;
  bool retry = false;  // failed trials wait again
  bool json = false;
};

class StudyRun {
 public:
  // Everything is checked before the folder is made. Plans all trials at once: architecture by architecture, so that a
  // study that is not complete is one of fewer architectures.
  StudyRun(const StudyConfig& config, const StudyFlags& flags);

  // Works off what waits; false where a person interrupted it.
  bool measure();

  // Writes table.json and ranking.svg, and marks the run as done.
  void finish();

  const RunDirectory& directory() const { return directory_; }

 private:
  // What the run keeps besides the teacher: files that need not stay where they are.
  std::map<std::string, std::string> kept_files() const;
  std::vector<std::string> genotypes() const;
  std::map<std::string, EstimatorInFull> make_estimators() const;
  void check_extension() const;  // throws where the earlier study is one of other things
  void plan();
  TrialYield perform(const Trial& trial) const;
  TrialResult train_for_real(const Trial& trial) const;

  StudyConfig config_;
  Key key_;
  Scoring scoring_;
  KeptSpace space_;
  std::optional<StudyTable> known_;    // whose truths are taken over
  std::optional<StudyTable> earlier_;  // to which this one adds
  std::map<std::string, EstimatorInFull> estimators_;
  RunDirectory directory_;
  SittingClock sitting_;
  std::unique_ptr<TrialStore> store_;
  InterruptGuard interrupt_;
};

}  // namespace gtn
