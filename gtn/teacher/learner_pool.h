// Learners that were taught before and are taught again: a teacher then also meets learners that know something
// (compare the pools of Zhou et al., 2022, FRePo).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gtn/core/random.h"

namespace gtn {

class LearnerPool {
 public:
  struct Aged {
    std::string learner;  // text
    Tensor w;             // parameters [P]
    int64_t age = 0;      // how often it was taught
  };

  // Of `size` places; a learner leaves its place when it was taught `max_age` times.
  LearnerPool(int64_t size, int64_t max_age) : places_(static_cast<size_t>(size)), max_age_(max_age) {}

  size_t size() const { return places_.size(); }
  // Who waits at a place; nobody: a fresh learner is to be taught and put there.
  const std::optional<Aged>& at(size_t place) const { return places_.at(place); }
  // Puts a learner back after it was taught. One whose parameters are not finite, or too old, leaves the place empty.
  void put(size_t place, Aged learner);

  // For checkpoints; it shares memory with the pool. load() replaces everything; throws a failure where the places are
  // damaged.
  std::map<std::string, Tensor> state() const;
  void load(const std::map<std::string, Tensor>& state);

 private:
  std::vector<std::optional<Aged>> places_;
  int64_t max_age_;
};

}  // namespace gtn
