// How good an architecture would be, guessed for little: the seam between whatever estimates and whoever ranks.
#pragma once

#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gtn/nets/net.h"

namespace gtn {

// What an estimate took.
struct Cost {
  int64_t steps = 0;   // of training, every step size and seed that was tried counted
  int64_t images = 0;  // put through a forward and backward pass in training
  double seconds = 0;
};

// How a candidate did on the way to its estimate.
struct ScorePoint {
  int64_t steps = 0;  // of the training that gave the score
  double score = 0;

  bool operator==(const ScorePoint&) const = default;
};

struct Estimate {
  // Larger is better. Not finite, and so below all others: the candidate diverged (NaN), or it is as bad as an
  // estimator can say (minus infinity).
  double score = std::numeric_limits<double>::quiet_NaN();
  Cost cost;
  // Ascending in steps, finite, the last one the score; the ones before may be judged on fewer images. Empty for an
  // estimator that trains none, and where the score is not finite.
  std::vector<ScorePoint> curve = {};
};

// Called from several threads at once.
class Estimator {
 public:
  virtual ~Estimator() = default;

  virtual std::string name() const = 0;

  // The most steps that a candidate can be given before it is judged; 0 for an estimator that trains none.
  virtual int64_t steps() const = 0;

  // Fresh networks that it trains side by side for a candidate, all held until the last is judged; 0 for an estimator
  // that trains none.
  virtual int64_t learners() const { return 0; }

  // One estimate after each of `fidelities` steps (ascending, from 1 to steps(), at least one); exactly one for an
  // estimator that trains none, whatever is asked. An estimate's cost is what it alone would have taken. A pure
  // function of its arguments but for the seconds. Throws std::invalid_argument where fidelities are others than above.
  virtual std::vector<Estimate> estimate(const Net& candidate, std::span<const int64_t> fidelities,
                                         const Key& key) const = 0;
};

using EstimatorPtr = std::shared_ptr<const Estimator>;

}  // namespace gtn
