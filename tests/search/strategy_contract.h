// What every strategy keeps to. To test a new one, call expect_strategy_contract() on its config and a small space.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "gtn/search/strategy.h"

namespace gtn {

using Score = std::function<double(const Proposal&)>;

// A search as a verb would do it.
struct SearchCourse {
  std::vector<Outcome> told;
  std::vector<size_t> asks;  // how many were told at each ask, the last one included, where nothing was proposed
};

// Asks for batches of `count` and tells them, until nothing is proposed or `trials` are told.
inline SearchCourse run_search(const Strategy& strategy, const Score& score, size_t trials, int64_t count = 8) {
  SearchCourse course;
  while (course.told.size() < trials) {
    course.asks.push_back(course.told.size());
    const std::vector<Proposal> proposals = strategy.ask(course.told, count);
    EXPECT_LE(std::ssize(proposals), count);
    if (proposals.empty()) break;
    for (const Proposal& proposal : proposals)
      course.told.push_back({proposal, score(proposal), {Key(2).split(proposal.genotype).unit()}});
  }
  return course;
}

inline double best_score(const std::vector<Outcome>& told) {
  double best = -std::numeric_limits<double>::infinity();
  for (const Outcome& outcome : told) best = std::max(best, outcome.score);
  return best;
}

// What was proposed for told[from] .. told[to - 1].
inline std::vector<Proposal> proposals_of(const std::vector<Outcome>& told, size_t from, size_t to) {
  std::vector<Proposal> proposals;
  for (size_t i = from; i < to; ++i) proposals.push_back(told[i].proposal);
  return proposals;
}

namespace contract {

constexpr int64_t kSteps = 32;

// Ends, gives nothing twice, only what the space knows, and between 1 and kSteps steps: all of them where the strategy
// has no rungs. A strategy without a plan of its own ends when a counted space is exhausted, and no sooner.
inline void expect_sound(const StrategyConfig& config, const Space& space, const Score& score) {
  const auto strategy = make_strategy(config, space, kSteps, 20, Key(7));
  constexpr size_t kMany = 1000;
  const std::vector<Outcome> told = run_search(*strategy, score, kMany).told;
  EXPECT_LT(told.size(), kMany) << "it does not end";
  std::set<std::pair<std::string, int64_t>> pairs;
  std::set<std::string> genotypes;
  const bool rungs = config.kind == StrategyKind::halving || config.kind == StrategyKind::asha;
  for (const Outcome& outcome : told) {
    const auto& [genotype, steps] = outcome.proposal;
    EXPECT_TRUE(pairs.emplace(genotype, steps).second) << genotype << " twice with " << steps << " steps";
    EXPECT_EQ(space.canonical(genotype), genotype);
    EXPECT_TRUE(rungs ? steps >= 1 && steps <= kSteps : steps == kSteps) << steps;
    genotypes.insert(genotype);
  }
  if (space.size() && config.kind != StrategyKind::halving) {
    EXPECT_EQ(std::ssize(genotypes), *space.size());
  }
}

// Whoever tells the same asks the same, in whatever order and of whichever instance: so does a search that goes on.
inline void expect_pure(const StrategyConfig& config, const Space& space, const Score& score) {
  const auto strategy = [&](uint64_t seed) { return make_strategy(config, space, kSteps, 20, Key(seed)); };
  const auto [told, asks] = run_search(*strategy(7), score, 1000);
  const auto other = strategy(7);
  for (size_t i = asks.size(); i-- > 0;) {
    const std::vector<Outcome> prefix(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(asks[i]));
    const size_t end = i + 1 < asks.size() ? asks[i + 1] : told.size();
    EXPECT_EQ(other->ask(prefix, 8), proposals_of(told, asks[i], end)) << "after " << prefix.size();
  }
  EXPECT_TRUE(other->ask({}, 0).empty());
  if (config.kind != StrategyKind::exhaustive && space.size().value_or(9) > 8) {
    EXPECT_NE(strategy(8)->ask({}, 8), other->ask({}, 8)) << "the key has no say";
  }
}

}  // namespace contract

inline void expect_strategy_contract(const StrategyConfig& config, const Space& space) {
  SCOPED_TRACE("strategy " + std::to_string(static_cast<int>(config.kind)) + " on " +
               std::to_string(space.size().value_or(-1)) + " genotypes");
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto chance = [](const Proposal& proposal, uint64_t salt) {
    return Key(salt).split(proposal.genotype).split(static_cast<uint64_t>(proposal.steps)).unit();
  };
  const Score scores[] = {
      [&](const Proposal& proposal) { return chance(proposal, 1); },
      [](const Proposal&) { return 0.5; },
      [&](const Proposal& proposal) { return chance(proposal, 2) < 0.3 ? -kInfinity : chance(proposal, 1); },
      [&](const Proposal& proposal) { return chance(proposal, 2) < 0.3 ? std::nan("") : chance(proposal, 1); },
      [&](const Proposal& proposal) { return chance(proposal, 2) < 0.3 ? kInfinity : chance(proposal, 1); },
      [](const Proposal&) { return -kInfinity; },
      [](const Proposal&) { return std::nan(""); },
  };
  for (const Score& score : scores) {
    SCOPED_TRACE("score " + std::to_string(&score - scores));
    contract::expect_sound(config, space, score);
  }
  contract::expect_pure(config, space, scores[2]);
}

}  // namespace gtn
