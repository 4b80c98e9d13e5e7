#include "gtn/search/study_table.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "gtn/core/error.h"

namespace gtn {
namespace {

double number_or_nan(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

std::vector<double> numbers(const Json& json) {
  std::vector<double> result;
  for (const Json& value : json) result.push_back(number_or_nan(value));
  return result;
}

}  // namespace

StudyTable joined(const StudyTable& first, const StudyTable& more) {
  std::string differences;
  const auto expect = [&](bool same, const std::string& what) {
    if (!same) differences += (differences.empty() ? "" : ", ") + what;
  };
  expect(first.space == more.space, "the space");
  expect(first.dataset == more.dataset, "the data");
  expect(first.teacher == more.teacher, "the teacher");
  expect(first.truth_steps == more.truth_steps, "the steps of the truth");
  bool same = first.estimators.size() == more.estimators.size();
  for (size_t e = 0; same && e < more.estimators.size(); ++e)
    same = first.estimators[e].name == more.estimators[e].name &&
           first.estimators[e].fidelities == more.estimators[e].fidelities &&
           first.estimators[e].raced == more.estimators[e].raced;
  expect(same, "the estimators, their steps, or whether their step sizes raced");
  const bool apart = std::ranges::none_of(more.genotypes, [&](const std::string& g) {
    return std::ranges::find(first.genotypes, g) != first.genotypes.end();
  });
  expect(apart, "an architecture is in both");
  if (!differences.empty()) throw std::invalid_argument("two studies cannot be joined: " + differences);

  const auto ours = static_cast<double>(first.genotypes.size()), theirs = static_cast<double>(more.genotypes.size());
  const auto mean = [&](double a, double b) {
    return ours + theirs > 0 ? (ours * a + theirs * b) / (ours + theirs) : 0;
  };
  const auto append = [](auto& list, const auto& others) { list.insert(list.end(), others.begin(), others.end()); };
  StudyTable table = first;
  append(table.genotypes, more.genotypes);
  append(table.truth, more.truth);
  table.failed += more.failed;
  table.truth_seconds = mean(first.truth_seconds, more.truth_seconds);
  for (size_t e = 0; e < more.estimators.size(); ++e) {
    StudyEstimator& estimator = table.estimators[e];
    const StudyEstimator& others = more.estimators[e];
    for (size_t f = 0; f < estimator.fidelities.size(); ++f) {
      estimator.steps[f] = mean(estimator.steps[f], others.steps[f]);
      estimator.seconds[f] = mean(estimator.seconds[f], others.seconds[f]);
      append(estimator.scores[f], others.scores[f]);
      if (!estimator.images.empty() && !others.images.empty())
        estimator.images[f] = mean(estimator.images[f], others.images[f]);
    }
    if (others.images.empty()) estimator.images.clear();
  }
  return table;
}

Json to_json(const StudyTable& table) {
  Json estimators = Json::array();
  for (const StudyEstimator& e : table.estimators)
    estimators.push_back({{"name", e.name},
                          {"fidelities", e.fidelities},
                          {"steps", e.steps},
                          {"seconds", e.seconds},
                          {"scores", e.scores},
                          {"raced", e.raced},
                          {"elsewhere", e.elsewhere},
                          {"images", e.images}});
  return {{"space", table.space},
          {"dataset", table.dataset},
          {"teacher", table.teacher},
          {"truth_steps", table.truth_steps},
          {"truth_seconds", table.truth_seconds},
          {"genotypes", table.genotypes},
          {"truth", table.truth},
          {"failed", table.failed},
          {"estimators", estimators}};
}

StudyTable study_table(const Json& json, const std::string& where) {
  StudyTable table;
  try {
    table.space = json.at("space").get<std::string>();
    table.dataset = json.at("dataset").get<std::string>();
    table.teacher = json.value("teacher", "");
    table.truth_steps = number_or_nan(json.at("truth_steps"));
    table.truth_seconds = number_or_nan(json.at("truth_seconds"));
    table.genotypes = json.at("genotypes").get<std::vector<std::string>>();
    table.truth = numbers(json.at("truth"));
    table.failed = json.value("failed", int64_t{0});
    for (const Json& e : json.at("estimators")) {
      StudyEstimator& made = table.estimators.emplace_back();
      made.name = e.at("name").get<std::string>();
      made.fidelities = e.at("fidelities").get<std::vector<int64_t>>();
      made.steps = numbers(e.at("steps"));
      made.seconds = numbers(e.at("seconds"));
      for (const Json& row : e.at("scores")) made.scores.push_back(numbers(row));
      if (e.contains("images")) made.images = numbers(e["images"]);
      made.raced = e.value("raced", false);
      made.elsewhere = e.value("elsewhere", false);
    }
  } catch (const Json::exception& error) {
    throw failure(
        where, "is no table of a study (" + std::string(error.what()) + "); give the table.json of one, or its folder");
  }
  Faults faults(where);
  const size_t count = table.genotypes.size();
  if (table.truth.size() != count)
    faults.add("has " + std::to_string(table.truth.size()) + " truths of " + std::to_string(count) + " genotypes");
  for (const StudyEstimator& e : table.estimators) {
    const size_t fidelities = e.fidelities.size();
    if (fidelities == 0 || e.steps.size() != fidelities || e.seconds.size() != fidelities ||
        e.scores.size() != fidelities || (!e.images.empty() && e.images.size() != fidelities) ||
        std::ranges::any_of(e.scores, [&](const auto& row) { return row.size() != count; }))
      faults.add("the lists of the estimator '" + e.name + "' differ in length");
  }
  faults.throw_if_any(ErrorKind::failure);
  return table;
}

}  // namespace gtn
