#include "gtn/search/study.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>

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
  const auto real = std::ranges::find(table.estimators, "real", &StudyEstimator::name);
  for (const char* name : {"teacher", "warm_start"}) {
    const auto faster = std::ranges::find(table.estimators, name, &StudyEstimator::name);
    if (real == table.estimators.end() || faster == table.estimators.end() || faster->raced != real->raced) continue;
    std::optional<StudySpeedup> speedup = speedup_of(name, report.rows);
    if (!speedup) continue;
    if (faster->elsewhere != real->elsewhere) speedup->seconds = std::numeric_limits<double>::quiet_NaN();
    report.speedups.push_back(*speedup);
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

}  // namespace gtn
