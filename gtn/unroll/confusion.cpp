#include "gtn/unroll/confusion.h"

#include <algorithm>
#include <stdexcept>

namespace gtn {
namespace {

// The places of the largest `values` [n] int64 that are not zero, at most `most`; equal ones in their order.
std::vector<int64_t> largest(const Tensor& values, int64_t most) {
  const Tensor contiguous = values.contiguous();
  const int64_t* const value = contiguous.data_ptr<int64_t>();
  std::vector<int64_t> places;
  for (int64_t i = 0; i < contiguous.numel(); ++i)
    if (value[i] > 0) places.push_back(i);
  std::ranges::stable_sort(places, [value](int64_t a, int64_t b) { return value[a] > value[b]; });
  places.resize(std::min(places.size(), static_cast<size_t>(most)));
  return places;
}

Tensor without_diagonal(const Tensor& matrix) { return matrix - at::diag(matrix.diagonal()); }

}  // namespace

Tensor confusion_matrix(const Tensor& labels, const Tensors& predicted, int64_t classes) {
  if (predicted.empty()) throw std::invalid_argument("confusion_matrix: no predictions");
  Tensor counts = at::zeros({classes * classes}, at::kLong);
  for (const Tensor& of_learner : predicted) {
    if (of_learner.sizes() != labels.sizes() || labels.ge(classes).any().item<bool>() ||
        of_learner.ge(classes).any().item<bool>())
      throw std::invalid_argument("confusion_matrix: predictions and labels do not fit each other or the classes");
    counts += at::bincount(labels * classes + of_learner, {}, classes * classes);
  }
  return counts.view({classes, classes});
}

std::vector<ConfusedPair> confused_pairs(const Tensor& matrix, int64_t most) {
  const Tensor cells = without_diagonal(matrix).flatten();
  const int64_t classes = matrix.size(0);
  std::vector<ConfusedPair> pairs;
  for (const int64_t cell : largest(cells, most))
    pairs.push_back({cell / classes, cell % classes, cells[cell].item<int64_t>()});
  return pairs;
}

std::vector<int64_t> confused_classes(const Tensor& matrix, int64_t most) {
  const Tensor wrong = without_diagonal(matrix);
  // One more for every class: one that is never confused may be among them, too.
  std::vector<int64_t> classes = largest(wrong.sum(0) + wrong.sum(1) + 1, most);
  std::ranges::sort(classes);
  return classes;
}

std::vector<int64_t> confused_images(const Tensor& labels, const Tensors& predicted, const ConfusedPair& pair,
                                     int64_t most) {
  Tensor learners = at::zeros_like(labels);
  for (const Tensor& of_learner : predicted) learners += of_learner == pair.predicted;
  return largest(learners * (labels == pair.truth), most);
}

}  // namespace gtn
