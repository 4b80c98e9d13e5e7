// Which classes learners take for one another: a count of the predictions by which their accuracy was measured.
#pragma once

#include <vector>

#include "gtn/core/tensor.h"

namespace gtn {

// Below, labels [N] are int64, and `predicted` holds one [N] int64 a learner: the classes it gave the same images.

// [K, K] int64: how often an image of the class of the row was given the class of the column, summed over learners.
// Throws std::invalid_argument where there is no learner, or counts or classes do not fit.
Tensor confusion_matrix(const Tensor& labels, const Tensors& predicted, int64_t classes);

// A cell beside the diagonal.
struct ConfusedPair {
  int64_t truth, predicted;  // classes
  int64_t count;

  bool operator==(const ConfusedPair& other) const = default;
};

// The most frequent cells beside the diagonal that are not zero, at most `most`; equal ones in the order of the rows.
std::vector<ConfusedPair> confused_pairs(const Tensor& matrix, int64_t most);

// The classes with the most confusions, those of their row and those of their column, at most `most`, in ascending
// order; of equal ones the first.
std::vector<int64_t> confused_classes(const Tensor& matrix, int64_t most);

// The numbers of the images of class `truth` that were given class `predicted`, at most `most`: first those that the
// most learners took so, equal ones in their order.
std::vector<int64_t> confused_images(const Tensor& labels, const Tensors& predicted, const ConfusedPair& pair,
                                     int64_t most);

}  // namespace gtn
