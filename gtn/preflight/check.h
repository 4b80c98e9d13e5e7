// The checklist that practitioners keep for debugging networks, run in minutes before the hours. A check is a name and
// a function of the planned run; all_checks() lists them. To add one, write the function in the file of its theme,
// declare it in checks.h, list it in check.cpp, and plant a fault of its kind in tests/preflight/.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "gtn/data/dataset.h"
#include "gtn/nets/learner.h"
#include "gtn/unroll/optimizer.h"

namespace gtn {

enum class Verdict { pass, warn, fail };

std::string_view name_of(Verdict verdict);

struct Finding {
  Verdict verdict = Verdict::pass;
  std::string figure;       // what was measured, for people
  double value = 0;         // the same as one number; checks.h says which. May be infinite or NaN
  std::string advice = {};  // what to do; empty where it passes
};

// What the planned run will take, as whoever plans it knows.
struct Forecast {
  double seconds = 0;
  int64_t bytes = 0;
  int64_t free_bytes = 0;  // of memory, now; 0: not known
};

// All that is looked at. Nothing of it is changed.
struct PlannedRun {
  Splits splits;
  LearnerPtr learner;
  int64_t batch = 50;  // images of the planned run's inner steps
  StepSize step = {};  // its step size, ...
  InnerOptimizer optimizer = InnerOptimizer::sgd;
  int64_t steps = 200;                      // of each training that a check makes
  int64_t images = 1000;                    // of the validation split that such a training is judged on
  std::function<Forecast()> forecast = {};  // none: there is no run in plan
  Key key{1};                               // everything random follows from it
  at::Device device = at::kCPU;
};

enum class Effort {
  instant,  // all of them together about two seconds for 60,000 small images
  seconds,  // reads all images once; no training
  minutes,  // trains
};

struct Check {
  std::string_view name;
  Effort cost;
  Finding (*run)(const PlannedRun& run);
};

// In the order in which they are best read: each may rely on what stands before it.
std::span<const Check> all_checks();

struct CheckResult {
  std::string_view name;
  Finding finding;
  double seconds = 0;
};

// Runs the checks that cost no more than `dearest`, in their order. Where the labels themselves are broken the rest
// would be meaningless, and is left out. `before` is called with each check before it runs.
std::vector<CheckResult> run_checks(const PlannedRun& run, Effort dearest,
                                    const std::function<void(const Check&)>& before = {});

}  // namespace gtn
