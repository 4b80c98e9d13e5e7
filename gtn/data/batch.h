// The one noun of training: a batch, and a source of batches. To the inner loop a learned curriculum and a data set are
// the same thing.
#pragma once

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "gtn/core/tensor.h"

namespace gtn {

struct Batch {
  Tensor x;  // images [B, C, H, W], float, in the normalised units that a learner sees, channels-last in memory
  Tensor y;  // soft labels [B, K], float, each row sums to one
};

class BatchSource {
 public:
  virtual ~BatchSource() = default;

  // The batch of step `step` >= 0: a pure function of it, so that a backward sweep can ask again instead of storing.
  // May be called from several threads at once.
  virtual Batch batch(int64_t step) const = 0;

  // How many different steps there are; a source without end says -1.
  virtual int64_t steps() const = 0;
};

// Batches kept in memory, one a step, or fewer, gone through again and again.
class StoredBatches final : public BatchSource {
 public:
  explicit StoredBatches(std::vector<Batch> batches)
      : batches_(std::move(batches)), steps_(static_cast<int64_t>(batches_.size())) {}
  StoredBatches(std::vector<Batch> batches, int64_t steps) : batches_(std::move(batches)), steps_(steps) {}
  // The first `steps` batches of `source`, asked for once.
  StoredBatches(const BatchSource& source, int64_t steps) : steps_(steps) {
    for (int64_t t = 0; t < steps; ++t) batches_.push_back(source.batch(t));
  }

  // Throws std::out_of_range for a step that is not one of steps().
  Batch batch(int64_t step) const override {
    if (step < 0 || step >= steps_) throw std::out_of_range("StoredBatches: no such step");
    return batches_.at(static_cast<size_t>(step) % batches_.size());
  }
  int64_t steps() const override { return steps_; }

 private:
  std::vector<Batch> batches_;
  int64_t steps_;
};

// The first `count` batches of one source, which has as many, then those of another from its beginning. batch() throws
// what theirs do.
class ConsecutiveBatches final : public BatchSource {
 public:
  ConsecutiveBatches(std::shared_ptr<const BatchSource> first, int64_t count, std::shared_ptr<const BatchSource> then)
      : first_(std::move(first)), then_(std::move(then)), count_(count) {}

  Batch batch(int64_t step) const override { return step < count_ ? first_->batch(step) : then_->batch(step - count_); }
  int64_t steps() const override { return then_->steps() < 0 ? -1 : count_ + then_->steps(); }

 private:
  std::shared_ptr<const BatchSource> first_, then_;
  int64_t count_;
};

}  // namespace gtn
