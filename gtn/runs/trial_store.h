// The trials of a search or study: planned in order, claimed one at a time, done or failed. The seam stands here so
// that a store that several machines share can take the place of the file: same table, and a claim that expires.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gtn {

constexpr std::string_view kTrialFile = "trials.sqlite";  // the store of a run, in its folder

enum class TrialState { waiting, running, done, failed };

constexpr auto names_of(TrialState) {
  return std::to_array<std::pair<TrialState, std::string_view>>({{TrialState::waiting, "waiting"},
                                                                 {TrialState::running, "running"},
                                                                 {TrialState::done, "done"},
                                                                 {TrialState::failed, "failed"}});
}

constexpr std::string_view name_of(TrialState state) { return names_of(state)[static_cast<size_t>(state)].second; }

// What is to be done. `stage` and `genotype` are names for whoever plans; `detail` is JSON of the planner's own.
struct TrialPlan {
  std::string stage;     // "estimate", "truth", "final"
  std::string genotype;  // canonical
  int64_t steps = 0;
  uint64_t seed = 0;
  std::string detail = "{}";
  double work = 0;  // expected, in any unit, beside that of others: the most is claimed first

  bool operator==(const TrialPlan&) const = default;
};

struct Trial {
  int64_t id = 0;  // 1, 2, ... in the order of planning
  TrialPlan plan;
  TrialState state = TrialState::waiting;
  int64_t attempts = 0;         // claims
  std::optional<double> score;  // of a trial that is done, finite; none: it diverged
  std::string result = "{}";    // JSON of the planner's own: costs, curve, parameters
  std::string fault;            // why a trial failed
  double seconds = 0;           // of the last attempt that ended

  bool operator==(const Trial&) const = default;
};

// How a trial ended that is done.
struct TrialResult {
  std::optional<double> score;  // one that is not finite is kept as none
  std::string result = "{}";
  double seconds = 0;
};

// Texts are UTF-8 without zero bytes, `detail` and `result` JSON, work and seconds finite; std::invalid_argument
// otherwise. Only a fault, whose words come from elsewhere, may hold any bytes: those that are no text are replaced.
class TrialStore {
 public:
  virtual ~TrialStore() = default;

  // Appends waiting trials in one transaction: all of them or none. Their ids follow one another; returns the first,
  // which without plans is that of the next trial to come.
  virtual int64_t plan(const std::vector<TrialPlan>& plans) = 0;

  // Takes the waiting trial of most work, of several the one of the lowest id, which is running then and counts one
  // attempt more; one transaction, so that no two claims ever give the same. None where none waits.
  virtual std::optional<Trial> claim() = 0;

  // Ends a running trial. Throws std::logic_error where it is not running.
  virtual void finish(int64_t id, const TrialResult& result) = 0;
  virtual void fail(int64_t id, const std::string& fault, double seconds) = 0;

  // Puts running trials (of a process that was killed) back into waiting. Returns how many there were.
  virtual int64_t release() = 0;
  // Puts failed trials back into waiting, and forgets their faults. Returns how many there were.
  virtual int64_t retry_failed() = 0;

  // In the order of ids, those above `after`: what a loop has read already costs it nothing, however many there are. Of
  // one stage, or of all where `stage` is empty.
  virtual std::vector<Trial> trials(const std::string& stage = {}, int64_t after = 0) const = 0;
  // Throws a usage error where there is no such trial.
  virtual Trial trial(int64_t id) const = 0;
  // Of one stage, or of all where `stage` is empty.
  virtual int64_t count(TrialState state, const std::string& stage = {}) const = 0;
};

enum class StoreAccess {
  create,  // a new store, to write to; the file must not be there yet
  write,
  read,  // no trial is changed, also while another process writes; what would change one throws std::logic_error
};

// A store in one SQLite file and its write-ahead log. Its functions may be called from several threads at once. What a
// function has done before it returns outlives the process, however that ends; the last of it may be lost with the
// machine's power, and then the store is as it was a little earlier. That one process writes is for the caller to see
// to, by the lock of the run's folder.
//
// Throws a usage error where the file is missing, or is there already, and a failure where it is no trial store, is
// damaged, was written by another version of the schema (which is named), or cannot be written; so do the functions of
// the store, and of a transaction that fails, on a full disk say, nothing stays.
std::unique_ptr<TrialStore> open_trial_store(const std::filesystem::path& path, StoreAccess access);

}  // namespace gtn
