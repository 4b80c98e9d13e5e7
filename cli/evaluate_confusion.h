// Which classes fresh learners took for one another on the test split, counted and shown.
#pragma once

#include "gtn/core/json.h"
#include "gtn/data/dataset.h"
#include "gtn/unroll/confusion.h"

namespace gtn {

constexpr int64_t kShownConfusions = 8;  // with examples

// One of the most frequent confusions.
struct ShownConfusion {
  ConfusedPair pair;
  std::vector<int64_t> images;  // examples: their numbers in the test split
  std::string picture;          // the same side by side, the bytes of a PNG file; of a table as grids
};

struct ReportedConfusion {
  Tensor matrix;                      // [K, K] of confusion_matrix(), all learners together
  std::vector<ShownConfusion> shown;  // the most frequent first
};

// `predicted`: of each learner for all of the test split, as it was measured. Reads only the images that are shown.
ReportedConfusion report_confusion(const Tensors& predicted, const Splits& splits);

enum class Pictures { embedded, left_out };

// {"of_classes", "numbers", "names", "row_sums", "counts", "pairs"}: `counts` [true][predicted] are of the classes with
// these numbers and names, of up to 50 all, of more the 20 with the most confusions; `row_sums` count all predictions
// for images of each, `of_classes` all classes. `pairs` are the most frequent confusions, eight, of more than 50
// classes 100: {"true", "predicted": class numbers, "names": of the two, "count", "of": all predictions for images of
// the true class}, and of the first eight "images", numbers in the test split, and where they are embedded their
// "picture", a data URI.
Json confusion_json(const ReportedConfusion& confusion, const std::vector<std::string>& class_names, Pictures pictures);

}  // namespace gtn
