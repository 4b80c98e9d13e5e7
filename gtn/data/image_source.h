// A few images with soft labels, kept in memory, as a source of batches without end.
#pragma once

#include "gtn/core/random.h"
#include "gtn/data/batch.h"

namespace gtn {

// A small labelled set: a curriculum's images, or chosen real ones.
struct ImageSet {
  Tensor images;  // [N, C, H, W] float, normalised units
  Tensor labels;  // [N, K] float, each row sums to one

  int64_t size() const { return images.size(0); }
};

// Batches of an image set by epochs, each in an order of its own; what does not fill a last batch is left out of that
// epoch. A pure function of (key, step).
class ImageSource final : public BatchSource {
 public:
  // Shares the tensors. Batches are of `batch_size` images, all of them where there are fewer. Throws a usage error
  // where `batch_size` is below one.
  ImageSource(const ImageSet& set, int64_t batch_size, Key key);

  Batch batch(int64_t step) const override;
  int64_t steps() const override { return -1; }

 private:
  ImageSet set_;
  int64_t batch_size_;
  Key key_;
};

}  // namespace gtn
