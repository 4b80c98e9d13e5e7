#include "gtn/search/study.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>

#include "gtn/core/error.h"
#include "gtn/search/combination.h"
#include "gtn/search/ranking.h"

namespace gtn {
namespace {

std::optional<StudySpeedup> speedup_of(const std::string& name, const std::vector<StudyRow>& rows) {
  const StudyRow* faster = nullptr;
  std::vector<const StudyRow*> real;
  for (const StudyRow& row : rows) {
    if (row.name == name) faster = &row;
    if (row.name == "real") real.push_back(&row);
  }
  if (!faster || real.empty()) return std::nullopt;
  const auto ratio = [&](double steps, double seconds) {
    return StudySpeedup{name, steps / static_cast<double>(faster->fidelity), seconds / faster->seconds, false};
  };
  for (size_t i = 0; i < real.size(); ++i) {
    if (!(real[i]->spearman >= faster->spearman)) continue;
    const auto steps = static_cast<double>(real[i]->fidelity);
    if (i == 0) return ratio(steps, real[i]->seconds);
    // Between two budgets: linear in the logarithm of the steps, seconds in proportion.
    const StudyRow& before = *real[i - 1];
    const double share = (faster->spearman - before.spearman) / (real[i]->spearman - before.spearman);
    const auto first = static_cast<double>(before.fidelity);
    const double there = first * std::pow(steps / first, share);
    return ratio(there, before.seconds + (real[i]->seconds - before.seconds) * (there - first) / (steps - first));
  }
  StudySpeedup result = ratio(static_cast<double>(real.back()->fidelity), real.back()->seconds);
  result.at_least = true;
  return result;
}

double number_or_nan(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

std::vector<double> numbers(const Json& json) {
  std::vector<double> result;
  for (const Json& value : json) result.push_back(number_or_nan(value));
  return result;
}

// A random order of 0 .. count - 1.
std::vector<int64_t> order_of(const Key& key, int64_t count) {
  const Tensor drawn = key.permutation(count);
  return {drawn.data_ptr<int64_t>(), drawn.data_ptr<int64_t>() + count};
}

}  // namespace

StudyReport analyse(const StudyTable& table, const Key& key) {
  if (table.truth.size() < 3) throw std::invalid_argument("analyse: needs three architectures or more");
  StudyReport report;
  for (const StudyEstimator& estimator : table.estimators) {
    for (size_t f = 0; f < estimator.fidelities.size(); ++f) {
      const std::vector<double>& scores = estimator.scores[f];
      const Interval interval = bootstrap_interval(spearman, scores, table.truth, key);
      report.rows.push_back({.name = estimator.name,
                             .fidelity = estimator.fidelities[f],
                             .steps = estimator.steps[f],
                             .seconds = estimator.seconds[f],
                             .spearman = spearman(scores, table.truth),
                             .low = interval.low,
                             .high = interval.high,
                             .kendall = kendall(scores, table.truth),
                             .top_half = top_half_spearman(scores, table.truth),
                             .regret_at_5 = regret_at(scores, table.truth, 5)});
      if (!estimator.images.empty()) report.rows.back().images = estimator.images[f];
    }
  }
  const auto raced = [&](const std::string& name) {
    const auto found = std::ranges::find(table.estimators, name, &StudyEstimator::name);
    return found != table.estimators.end() && found->raced;
  };
  for (const char* name : {"teacher", "warm_start"}) {
    if (raced(name) != raced("real")) continue;
    if (const std::optional<StudySpeedup> speedup = speedup_of(name, report.rows)) report.speedups.push_back(*speedup);
  }
  return report;
}

std::optional<CombinationResult> combine(const StudyTable& table, const std::vector<std::string>& names, int64_t known,
                                         int64_t draws, const Key& key) {
  std::vector<std::vector<double>> estimates;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(table.estimators, name, &StudyEstimator::name);
    if (found == table.estimators.end() || found->scores.empty()) return std::nullopt;
    estimates.push_back(found->scores.back());
  }
  const auto count = std::ssize(table.truth);
  if (known < 0 || count < known + 3 || draws < 1) return std::nullopt;
  CombinationResult result{.known = known};
  const auto add = [&](const std::vector<double>& predicted, const std::vector<double>& truth, double share) {
    const double rho = spearman(predicted, truth);
    result.spearman += std::isnan(rho) ? 0 : share * rho;  // what ties all of them ranks nothing
    result.top_half += share * top_half_spearman(predicted, truth);
    result.regret_at_5 += share * regret_at(predicted, truth, 5);
    return std::isnan(rho) ? 0 : rho;
  };
  if (known == 0) {
    const std::vector<double> predicted = Combination::fit(estimates_of(estimates, {}), {}).predict(estimates);
    add(predicted, table.truth, 1);
    const Interval interval = bootstrap_interval(spearman, predicted, table.truth, key);
    result.low = interval.low;
    result.high = interval.high;
    return result;
  }
  std::vector<double> values;
  for (int64_t draw = 0; draw < draws; ++draw) {
    const std::vector<int64_t> order = order_of(key.split(static_cast<uint64_t>(draw)), count);
    const std::span<const int64_t> fitted = std::span(order).first(static_cast<size_t>(known)),
                                   judged = std::span(order).subspan(static_cast<size_t>(known));
    const Combination combination =
        Combination::fit(estimates_of(estimates, fitted), estimates_of({table.truth}, fitted).front());
    values.push_back(add(combination.predict(estimates_of(estimates, judged)),
                         estimates_of({table.truth}, judged).front(), 1 / static_cast<double>(draws)));
  }
  std::ranges::sort(values);
  const auto at = [&](double share) {
    return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
  };
  result.low = at(0.025);
  result.high = at(0.975);
  return result;
}

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
    }
  } catch (const Json::exception& error) {
    throw failure(where, std::string("is no table of a study: ") + error.what());
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
