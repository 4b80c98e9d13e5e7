// What a page shows of a search.
#include <algorithm>
#include <map>
#include <set>

#include "cli/common.h"
#include "cli/graphviz.h"
#include "cli/report_data.h"
#include "cli/search_costs.h"
#include "cli/search_run.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/nets/spec.h"
#include "gtn/report/base64.h"
#include "gtn/search/graph.h"
#include "gtn/search/pareto.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

Json score_json(const Trial& trial) { return trial.score ? Json(*trial.score) : Json(); }

// The points of a curve that are some.
Json learning_curve(const Json& kept) {
  Json curve = Json::array();
  for (const Json& point : kept) {
    const auto has = [&](const char* key) { return point.contains(key) && point[key].is_number(); };
    if (has("steps") && has("train") && has("validation")) curve.push_back(point);
  }
  return curve;
}

Json candidate_json(const Trial& trial) {
  Json json{{"genotype", trial.plan.genotype}, {"score", score_json(trial)}, {"steps", trial.plan.steps}};
  json["seconds"] = trial.seconds;
  const Json facts = facts_of(trial);
  for (const char* const name : {"parameters", "multiply_adds", "latency"})
    if (facts.contains(name) && facts[name].is_number()) json[name] = facts[name];
  if (facts.contains("curve"))  // that of an estimate has no training accuracy, and is not shown
    if (Json curve = learning_curve(facts["curve"]); !curve.empty()) json["curve"] = std::move(curve);
  if (!trial.fault.empty()) json["fault"] = trial.fault;
  return json;
}

// By genotype, of a stage.
std::map<std::string, Json> scores_of(const std::vector<Trial>& trials, const std::string& stage) {
  std::map<std::string, Json> scores;
  for (const Trial& trial : trials)
    if (trial.plan.stage == stage && trial.score) scores[trial.plan.genotype] = *trial.score;
  return scores;
}

std::vector<Trial> of_stage(std::vector<Trial> trials, const std::string& stage) {
  std::erase_if(trials, [&](const Trial& trial) { return trial.plan.stage != stage; });
  return trials;
}

void mark_pareto(Json& candidates, const std::vector<std::string>& objectives) {
  std::vector<int64_t> steps;
  std::vector<double> scores;
  std::vector<std::vector<double>> costs;
  for (const Json& candidate : candidates) {
    steps.push_back(candidate["steps"].get<int64_t>());
    scores.push_back(candidate["score"].get<double>());
    costs.push_back(costs_of(candidate, objectives));
  }
  for (const size_t i : front_of_longest(steps, scores, costs)) candidates[i]["pareto"] = true;
}

// What gtn search wrote at its end: the winner, with its picture, and how far the ranking can be trusted.
void add_result(Json& part, const RunDirectory& run) {
  const fs::path path = run.path() / "result.json";
  if (!fs::exists(path)) return;
  const Json result = parse_json(read_file(path));
  if (!result.is_object()) throw failure(path.string(), "is no JSON, or cut off");
  if (result.contains("combination")) part["combination"] = result["combination"];
  if (result.contains("calibration")) part["calibration"] = result["calibration"];
  if (!result.contains("winner")) return;
  part["winner"] = {{"genotype", result["winner"].at("genotype").get<std::string>()},
                    {"learner", result["winner"].at("learner").get<std::string>()},
                    {"test", result["winner"].at("test").get<double>()}};
}

// Drawn from its text, not from the file of a picture: what stands in that could be anything.
std::string winner_picture(const Json& winner, const RunDirectory& run) {
  const Artefact artefact = find_artefact(run.path()).artefact;
  const Shape shape = shape_of(artefact.images);
  const auto net =
      make_net(winner["learner"].get<std::string>(), {shape[2], shape[3], shape[4]}, artefact.labels.size(2));
  return data_uri("image/svg+xml", svg_of_dot(dot_graph(*net)));
}

}  // namespace

Json search_part(const RunDirectory& run) {
  SearchConfig config;
  read_toml(config, run.config_text(), run.config().string());
  const fs::path store = run.path() / kTrialFile;
  if (!fs::exists(store)) throw failure(run.path().string(), "no candidate is planned yet");
  const std::vector<Trial> trials = open_trial_store(store, StoreAccess::read)->trials();
  Json part{{"space", config.space},
            {"planned", config.candidates},
            {"estimator", name_of(config.estimator)},
            {"objectives", config.objectives}};
  for (const char* const list : {"candidates", "failed", "trained"}) part[list] = Json::array();
  const auto truths = scores_of(trials, kTruth), reals = scores_of(trials, kReal), finals = scores_of(trials, kFinal);
  std::map<std::string, int64_t> ranks;  // from 1 on
  for (const Trial& trial : rank_candidates(of_stage(trials, kEstimate), of_stage(trials, kTruth)).trials)
    ranks.emplace(trial.plan.genotype, std::ssize(ranks) + 1);
  int64_t open = 0;
  for (const Trial& trial : trials) {
    open += trial.state == TrialState::waiting || trial.state == TrialState::running;
    const bool competes = trial.plan.stage == kFinal || (trial.plan.stage == kTruth && config.final.space.empty());
    if (competes && trial.state == TrialState::done) part["trained"].push_back(candidate_json(trial));
    if (trial.plan.stage != kEstimate) continue;
    if (!trial.score) {
      if (trial.state == TrialState::done || trial.state == TrialState::failed)
        part["failed"].push_back(candidate_json(trial));
      continue;
    }
    Json candidate = candidate_json(trial);
    candidate["rank"] = ranks.at(trial.plan.genotype);
    const std::pair<const char*, const std::map<std::string, Json>*> others[] = {
        {"truth", &truths}, {"real", &reals}, {"final", &finals}};
    for (const auto& [name, scores] : others)
      if (const auto score = scores->find(trial.plan.genotype); score != scores->end()) candidate[name] = score->second;
    part["candidates"].push_back(candidate);
  }
  part["open"] = open;
  mark_pareto(part["candidates"], config.objectives);
  add_result(part, run);
  if (part.contains("winner")) add_part(part["winner"], "picture", [&] { return winner_picture(part["winner"], run); });
  return part;
}

}  // namespace gtn
