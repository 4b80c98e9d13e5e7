// The answer to one ask() in the making: distinct proposals, none of which was told. Internal to gtn/search.
#pragma once

#include <functional>
#include <set>

#include "gtn/search/strategy.h"

namespace gtn {

class ProposalBatch final {
 public:
  // `space` must outlive it.
  ProposalBatch(const Space& space, const std::vector<Outcome>& told, int64_t count);

  bool full() const { return static_cast<int64_t>(proposals_.size()) >= count_; }
  bool empty() const { return proposals_.empty(); }
  // How many were told or given before the next one: what the randomness of a proposal is split by.
  uint64_t position() const { return told_ + proposals_.size(); }

  // All of these return false, and add nothing, where the batch is full.

  // False where the pair was told or given already.
  bool add(const std::string& genotype, int64_t steps);
  // A genotype drawn uniformly from those that were not told or given; false where there is none left, or where the
  // space cannot be counted and many draws brought nothing new.
  bool add_random(int64_t steps, const Key& key);
  // A mutant of parent(key), several times with other keys where it is no new one, and then a random genotype.
  bool add_mutant(const std::function<std::string(const Key&)>& parent, int64_t steps, const Key& key);
  // The first new genotype of a counted space from index `start` on, and from 0 on after the last.
  bool add_next(int64_t start, int64_t steps);

  const std::vector<Proposal>& proposals() const { return proposals_; }

 private:
  const Space& space_;
  size_t told_;
  int64_t count_;
  std::set<std::pair<std::string, int64_t>> seen_;  // told or given
  std::vector<Proposal> proposals_;
};

}  // namespace gtn
