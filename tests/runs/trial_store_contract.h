// What every trial store must hold to, by one call. A person who adds a store calls expect_trial_store_contract().
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "gtn/core/json.h"
#include "gtn/runs/trial_store.h"
#include "tests/core/expect_error.h"

namespace gtn {

// A store without trials, at each call another.
using MakeTrialStore = std::function<std::unique_ptr<TrialStore>()>;

inline TrialPlan sample_plan(const std::string& stage = "estimate") { return {stage, "|none~0|", 64, 7, "{}"}; }

inline std::vector<int64_t> counts_of(const TrialStore& store) {
  std::vector<int64_t> counts;
  for (const auto& [state, name] : names_of(TrialState::waiting)) counts.push_back(store.count(state));
  return counts;
}

using Counts = std::vector<int64_t>;  // waiting, running, done, failed

inline void expect_planned_order(TrialStore& store) {
  EXPECT_EQ(store.claim(), std::nullopt);
  EXPECT_EQ(store.plan({}), 1);
  EXPECT_EQ(store.plan({sample_plan(), sample_plan("truth")}), 1);
  EXPECT_EQ(store.plan({sample_plan()}), 3);
  EXPECT_EQ(store.plan({}), 4);
  EXPECT_EQ(store.trials().size(), 3u);
  ASSERT_EQ(store.trials("truth").size(), 1u);
  EXPECT_EQ(store.trials("truth")[0].id, 2);
  EXPECT_TRUE(store.trials("final").empty());
  ASSERT_EQ(store.trials("estimate", 1).size(), 1u);
  EXPECT_EQ(store.trials("estimate", 1)[0].id, 3);
  EXPECT_EQ(store.trials("", 1).size(), 2u);
  EXPECT_TRUE(store.trials("", 3).empty());
  EXPECT_EQ(store.count(TrialState::waiting, "estimate"), 2);
  EXPECT_EQ(store.count(TrialState::waiting, "truth"), 1);
  EXPECT_EQ(store.count(TrialState::done, "truth"), 0);
  for (const int64_t id : {1, 2, 3}) {
    const std::optional<Trial> trial = store.claim();
    ASSERT_TRUE(trial);
    EXPECT_EQ(trial->id, id);
    EXPECT_EQ(trial->state, TrialState::running);
    EXPECT_EQ(*trial, store.trial(id));
  }
  EXPECT_EQ(store.claim(), std::nullopt);
  for (const int64_t missing : {0, 4, -1})
    expect_error([&] { store.trial(missing); }, ErrorKind::usage,
                 {"no trial " + std::to_string(missing), "it holds 3, counted from 1"});
}

inline void expect_most_work_first(TrialStore& store) {
  std::vector<TrialPlan> plans(5, sample_plan());
  const double work[] = {1, 3e12, 0, 3e12, 2};
  for (size_t i = 0; i < plans.size(); ++i) plans[i].work = work[i];
  store.plan(plans);
  for (const int64_t id : {2, 4, 5, 1, 3}) {
    const std::optional<Trial> trial = store.claim();
    ASSERT_TRUE(trial);
    EXPECT_EQ(trial->id, id);
    EXPECT_EQ(trial->plan.work, work[id - 1]);
  }
  plans[0].work = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(store.plan(plans), std::invalid_argument);
}

inline void expect_transitions(TrialStore& store) {
  store.plan({sample_plan(), sample_plan(), sample_plan(), sample_plan()});
  for (int i = 0; i < 3; ++i) store.claim();
  EXPECT_EQ(counts_of(store), (Counts{1, 3, 0, 0}));
  store.finish(1, {0.5, R"({"cost":3})", 1.5});
  store.fail(2, "out of memory", -2.5);
  EXPECT_EQ(counts_of(store), (Counts{1, 1, 1, 1}));
  const Trial done = store.trial(1), failed = store.trial(2);
  EXPECT_EQ(done, (Trial{1, sample_plan(), TrialState::done, 1, 0.5, R"({"cost":3})", "", 1.5}));
  EXPECT_EQ(failed, (Trial{2, sample_plan(), TrialState::failed, 1, std::nullopt, "{}", "out of memory", -2.5}));

  EXPECT_EQ(store.release(), 1);
  EXPECT_EQ(store.release(), 0);
  EXPECT_EQ(counts_of(store), (Counts{2, 0, 1, 1}));
  EXPECT_EQ(store.retry_failed(), 1);
  EXPECT_EQ(store.retry_failed(), 0);
  EXPECT_EQ(counts_of(store), (Counts{3, 0, 1, 0}));
  EXPECT_EQ(store.trial(2).fault, "");
  EXPECT_EQ(store.trial(1), done);

  const std::optional<Trial> again = store.claim();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, 2) << "what was put back comes in its turn";
  EXPECT_EQ(again->attempts, 2);
  store.finish(2, {});
  EXPECT_EQ(store.trial(2).state, TrialState::done);
  EXPECT_EQ(store.claim()->attempts, 2) << "what was released had been claimed once";
}

inline void expect_only_what_runs_ends(TrialStore& store) {
  store.plan({sample_plan(), sample_plan(), sample_plan()});
  store.claim();
  store.finish(1, {0.5});
  store.claim();
  store.fail(2, "no", 0);
  const std::vector<Trial> before = store.trials();
  for (const int64_t id : {1, 2, 3, 4, 0}) {  // done, failed, waiting, none
    EXPECT_THROW(store.finish(id, {0.9}), std::logic_error) << id;
    EXPECT_THROW(store.fail(id, "again", 1), std::logic_error) << id;
  }
  EXPECT_EQ(store.trials(), before);
}

inline void expect_bad_values_refused(TrialStore& store) {
  TrialPlan bad_detail = sample_plan(), bad_text = sample_plan(), zero = sample_plan();
  bad_detail.detail = "{";
  bad_text.genotype = "caf\xe9";
  zero.stage = std::string("a\0b", 3);
  for (const TrialPlan& bad : {bad_detail, bad_text, zero})
    EXPECT_THROW(store.plan({sample_plan(), bad, sample_plan()}), std::invalid_argument);
  EXPECT_TRUE(store.trials().empty()) << "a part of a plan was kept";

  store.plan({sample_plan(), sample_plan(), sample_plan()});
  store.claim();
  EXPECT_THROW(store.finish(1, {0.5, "curve", 1}), std::invalid_argument);
  EXPECT_THROW(store.finish(1, {0.5, "{}", NAN}), std::invalid_argument);
  EXPECT_THROW(store.fail(1, "no", std::numeric_limits<double>::infinity()), std::invalid_argument);
  EXPECT_EQ(store.trial(1).state, TrialState::running);
  store.finish(1, {NAN});
  store.claim();
  store.finish(2, {-std::numeric_limits<double>::infinity()});
  for (const int64_t id : {1, 2}) EXPECT_EQ(store.trial(id).score, std::nullopt);
  store.claim();
  store.fail(3, std::string("caf\xe9 \0 'x'", 10), 1);
  EXPECT_EQ(store.trial(3).fault, "caf\xef\xbf\xbd   'x'");
}

inline void expect_each_claimed_once(TrialStore& store) {
  constexpr int kThreads = 4, kEach = 200;
  store.plan(std::vector<TrialPlan>(kThreads * kEach, sample_plan()));
  std::vector<std::vector<int64_t>> claimed(kThreads);
  std::vector<std::thread> threads;
  for (std::vector<int64_t>& mine : claimed)
    threads.emplace_back([&store, &mine] {
      while (const std::optional<Trial> trial = store.claim()) {
        mine.push_back(trial->id);
        store.finish(trial->id, {static_cast<double>(trial->id)});
      }
    });
  for (std::thread& thread : threads) thread.join();
  std::set<int64_t> all;
  size_t claims = 0;
  for (const std::vector<int64_t>& mine : claimed) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(mine.begin(), mine.end());
    claims += mine.size();
  }
  EXPECT_EQ(claims, all.size()) << "a trial was claimed twice";
  EXPECT_EQ(counts_of(store), (Counts{0, 0, kThreads * kEach, 0}));
  for (const Trial& trial : store.trials()) {
    EXPECT_EQ(trial.score, static_cast<double>(trial.id));
    EXPECT_EQ(trial.attempts, 1);
  }
}

// Text that a careless store would take for its own.
inline std::string arbitrary_text() {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("'", "\"", "\n", "\\", "?1", "; DROP TABLE trials; --", "é", "𝄞", "%", "\t", "a"));
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  return text;
}

inline std::string arbitrary_json() { return Json{{arbitrary_text(), arbitrary_text()}, {"x", 0.1}}.dump(); }

inline double arbitrary_finite() {
  const double value = *rc::gen::arbitrary<double>();
  return std::isfinite(value) ? value : 5e-324;
}

// `store` may hold trials of earlier rounds.
inline void assert_round_trip(TrialStore& store) {
  const TrialPlan plan{arbitrary_text(), arbitrary_text(), *rc::gen::arbitrary<int64_t>(),
                       *rc::gen::arbitrary<uint64_t>(), arbitrary_json()};
  const int64_t id = store.plan({plan});
  RC_ASSERT(store.trial(id).plan == plan);
  RC_ASSERT(store.claim()->plan == plan);
  TrialResult result{std::nullopt, arbitrary_json(), arbitrary_finite()};
  if (*rc::gen::arbitrary<bool>()) result.score = arbitrary_finite();
  store.finish(id, result);
  RC_ASSERT(store.trial(id) == (Trial{id, plan, TrialState::done, 1, result.score, result.result, "", result.seconds}));
}

// Order, transitions, what is refused, several threads, and that any text and number comes back as it was.
inline void expect_trial_store_contract(const MakeTrialStore& make) {
  const std::pair<const char*, void (*)(TrialStore&)> cases[] = {
      {"planned order", expect_planned_order},   {"most work first", expect_most_work_first},
      {"transitions", expect_transitions},       {"only what runs ends", expect_only_what_runs_ends},
      {"bad values", expect_bad_values_refused}, {"each claimed once", expect_each_claimed_once}};
  for (const auto& [name, expect] : cases) {
    SCOPED_TRACE(name);
    expect(*make());
  }
  const std::unique_ptr<TrialStore> store = make();
  EXPECT_TRUE(rc::check("what goes in comes out", [&] { assert_round_trip(*store); }));
  const int64_t id = store->plan({{"s", "g", std::numeric_limits<int64_t>::min(), ~uint64_t{0}, "[]"}});
  EXPECT_EQ(store->trial(id).plan.seed, ~uint64_t{0});
  EXPECT_EQ(store->trial(id).plan.steps, std::numeric_limits<int64_t>::min());
}

}  // namespace gtn
