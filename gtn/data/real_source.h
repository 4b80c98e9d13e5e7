// A data set as a source of batches.
#pragma once

#include "gtn/core/random.h"
#include "gtn/data/batch.h"
#include "gtn/data/dataset.h"

namespace gtn {

enum class Sampling {
  with_replacement,  // each batch drawn afresh from all images
  by_epoch,          // a new permutation each epoch; what does not fill a last batch is left out of that epoch
  balanced,          // image b of every batch drawn afresh from class b mod K
};

// Every batch is a pure function of (key, step): asked for again, in any order, it is the same. The images stay as
// they are and only the batch is gathered and normalised.
class RealSource final : public BatchSource {
 public:
  // Keeps the images on `device`, where the batches will lie. `targets` [N, K] float32: what batches say of each image
  // instead of its label, such as soft labels; undefined: its label alone. The images are chosen as without them.
  // Throws a usage error where `batch_size` is below one or, by epoch, larger than the data set, and where a class of
  // balanced batches has no image, and what set_targets() throws.
  RealSource(const Dataset& dataset, const Normalization& normalization, int64_t batch_size, Key key, Sampling sampling,
             at::Device device = at::kCPU, const Tensor& targets = {});

  // Changes the targets for the batches from now on; not while another thread asks for one. Throws
  // std::invalid_argument where they are not [N, K] float32.
  void set_targets(const Tensor& targets);

  Batch batch(int64_t step) const override;
  int64_t steps() const override { return -1; }

  // Which images make up the batch of `step`: [batch_size] int64, on the CPU. Throws std::out_of_range for a negative
  // step.
  Tensor indices(int64_t step) const;

 private:
  Tensor images_;   // [N, C, H, W] uint8 or float32
  Tensor labels_;   // [N] int64
  Tensor targets_;  // [N, K], or undefined
  Normalization normalization_;
  int64_t classes_;
  int64_t batch_size_;
  Key key_;
  Sampling sampling_;
  std::vector<Tensor> by_class_;  // of balanced batches: the numbers of each class's images
};

// The images [first, first + count) in the order of the data set, fewer at its end: evaluation in chunks. Throws
// std::out_of_range where `first` lies outside the data set or `count` is below one.
Batch slice(const Dataset& dataset, const Normalization& normalization, int64_t first, int64_t count,
            at::Device device = at::kCPU);

}  // namespace gtn
