#include "cli/read_study.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "cli/common.h"
#include "cli/run_kind.h"
#include "cli/scoring.h"
#include "cli/study_config.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/runs/run_directory.h"
#include "gtn/runs/trial_store.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// The cost of the truth, and the estimates by estimators that `table` has not, of its architectures; none that another
// teacher gave.
void take_over(StudyTable& table, const StudyTable& earlier) {
  table.truth_steps = earlier.truth_steps;
  table.truth_seconds = earlier.truth_seconds;
  const std::set<std::string> taught{"teacher", "warm_start", "real_schedule"};  // each teacher's own
  for (StudyEstimator estimator : earlier.estimators) {
    if (earlier.teacher != table.teacher && taught.contains(estimator.name)) continue;
    if (std::ranges::find(table.estimators, estimator.name, &StudyEstimator::name) != table.estimators.end()) continue;
    for (std::vector<double>& scores : estimator.scores) {
      std::vector<double> kept;
      for (const std::string& genotype : table.genotypes) {
        const auto at = std::ranges::find(earlier.genotypes, genotype) - earlier.genotypes.begin();
        kept.push_back(scores.at(static_cast<size_t>(at)));
      }
      scores = std::move(kept);
    }
    estimator.elsewhere = true;
    table.estimators.push_back(std::move(estimator));
  }
}

// What an estimator said of each architecture, by the results of its trials; none where all of them failed.
std::optional<StudyEstimator> estimator_of(const std::string& name, const std::vector<Json>& results) {
  const auto judged = [](const Json& result) { return result.contains("fidelities"); };
  const auto first = std::ranges::find_if(results, judged);
  if (first == results.end()) return std::nullopt;
  StudyEstimator estimator;
  estimator.name = name;
  estimator.raced = true;
  estimator.fidelities = first->at("fidelities").get<std::vector<int64_t>>();
  const size_t count = estimator.fidelities.size();
  for (std::vector<double>* cost : {&estimator.steps, &estimator.seconds, &estimator.images}) cost->assign(count, 0);
  estimator.scores.assign(count, {});
  const auto share = 1 / static_cast<double>(std::ranges::count_if(results, judged));
  bool told = true;  // its images
  for (const Json& result : results) {
    const bool failed = !judged(result);
    for (size_t f = 0; f < count; ++f) {
      const bool has = !failed && !result["scores"][f].is_null();
      estimator.scores[f].push_back(has ? result["scores"][f].get<double>() : kNone);
      if (failed) continue;
      estimator.steps[f] += share * result["steps"][f].get<double>();
      estimator.seconds[f] += share * result["seconds"][f].get<double>();
      if (result.contains("images")) estimator.images[f] += share * result["images"][f].get<double>();
    }
    told &= failed || result.contains("images");
    estimator.raced &= failed || result.value("raced", false);
  }
  if (!told) estimator.images.clear();
  return estimator;
}

}  // namespace

StudyTable read_study_table(const fs::path& path) {
  if (fs::is_directory(path)) return table_of_run(path);
  if (!fs::exists(path))
    throw usage_error(path.string(), "is not there; give the folder of a study, or its table.json");
  const Json json = parse_json(read_file(path));
  if (json.is_discarded()) throw failure(path.string(), "is no JSON");
  return study_table(json, path.string());
}

StudyTable read_kept(const std::string& path, const fs::path& run, const char* copy) {
  const fs::path kept = run / copy;
  return read_study_table(!run.empty() && fs::exists(kept) ? kept : fs::path(path));
}

StudyTable table_of_run(const fs::path& run) {
  const RunDirectory directory = RunDirectory::view(run);
  const std::string kind = kind_of(directory);
  if (kind == "training")
    throw usage_error(run.string(), "is the run of a teacher; gtn study --teacher " + run.string() +
                                        " --out runs/study measures how well it ranks");
  if (kind != "study") throw usage_error(run.string(), "is a run of gtn " + kind + ", not of gtn study");
  StudyConfig config;
  read_toml(config, directory.config_text(), directory.config().string());
  const auto store = open_trial_store(run / kTrialFile, StoreAccess::read);
  std::map<std::string, std::map<std::string, Trial>> ended;  // by genotype and stage
  std::vector<std::string> order;
  StudyTable table;
  for (Trial& trial : store->trials()) {
    if (trial.state == TrialState::failed) ++table.failed;
    if (trial.state != TrialState::done && trial.state != TrialState::failed) continue;
    auto& of_genotype = ended[trial.plan.genotype];
    if (of_genotype.empty()) order.push_back(trial.plan.genotype);
    of_genotype.emplace(trial.plan.stage, std::move(trial));
  }
  table.space = config.space;
  const Artefact teacher = find_artefact(run).artefact;
  table.dataset = teacher.dataset;
  table.teacher = teacher.config;
  std::erase_if(order, [&](const std::string& g) {
    return ended[g].size() < config.estimators.size() + 1 || ended[g].at(kTruthStage).state == TrialState::failed;
  });
  table.genotypes = order;
  table.truth_steps = static_cast<double>(config.truth.steps);
  for (const std::string& genotype : order) {
    const Trial& truth = ended[genotype].at(kTruthStage);
    table.truth.push_back(truth.score.value_or(kNone));
    table.truth_seconds += truth.seconds / static_cast<double>(order.size());
  }
  for (const std::string& name : config.estimators) {
    std::vector<Json> results;
    for (const std::string& genotype : order) results.push_back(facts_of(ended[genotype].at(name)));
    if (std::optional<StudyEstimator> estimator = estimator_of(name, results))
      table.estimators.push_back(std::move(*estimator));
  }
  if (!config.truths.empty()) take_over(table, read_kept(config.truths, run, kTruthsFile));
  if (config.extends.empty()) return table;
  StudyTable earlier = read_kept(config.extends, run, kEarlierFile);
  return order.empty() ? earlier : joined(earlier, table);
}

}  // namespace gtn
