#include "cli/evaluate_confusion.h"

#include "gtn/report/base64.h"
#include "gtn/report/strip.h"

namespace gtn {
namespace {

constexpr int64_t kExamples = 4;          // images of a confusion
constexpr int64_t kWholeMatrix = 50;      // classes whose counts are told one and all
constexpr int64_t kConfusedClasses = 20;  // of more classes: so many
constexpr int64_t kConfusedPairs = 100;   // of more classes: so many of the most frequent cells

std::string picture_of(const Splits& splits, const std::vector<int64_t>& images) {
  const Tensor chosen = splits.test.images.index_select(0, at::tensor(images, at::kLong));
  const Tensor display = splits.normalization.display(splits.normalization.apply(chosen));
  return encode_strip(display, strip_reduction(shape_of(display)));
}

std::vector<int64_t> integers_of(const Tensor& vector) {
  const Tensor values = vector.contiguous();
  return {values.data_ptr<int64_t>(), values.data_ptr<int64_t>() + values.numel()};
}

Json pair_json(const ConfusedPair& pair, const std::vector<std::string>& class_names, const Tensor& row_sums) {
  const auto name = [&](int64_t number) { return class_names.at(static_cast<size_t>(number)); };
  return {{"true", pair.truth},
          {"predicted", pair.predicted},
          {"names", {name(pair.truth), name(pair.predicted)}},
          {"count", pair.count},
          {"of", row_sums[pair.truth].item<int64_t>()}};
}

}  // namespace

ReportedConfusion report_confusion(const Tensors& predicted, const Splits& splits) {
  const Tensor& labels = splits.test.labels;
  ReportedConfusion confusion{confusion_matrix(labels, predicted, splits.test.classes()), {}};
  for (const ConfusedPair& pair : confused_pairs(confusion.matrix, kShownConfusions)) {
    const std::vector<int64_t> images = confused_images(labels, predicted, pair, kExamples);
    confusion.shown.push_back({pair, images, picture_of(splits, images)});
  }
  return confusion;
}

Json confusion_json(const ReportedConfusion& confusion, const std::vector<std::string>& class_names,
                    Pictures pictures) {
  const Tensor row_sums = confusion.matrix.sum(1);
  const int64_t classes = confusion.matrix.size(0);
  const bool whole = classes <= kWholeMatrix;
  const std::vector<int64_t> numbers = confused_classes(confusion.matrix, whole ? classes : kConfusedClasses);
  const Tensor told = at::tensor(numbers, at::kLong);
  Json json{{"of_classes", classes},   {"numbers", numbers},
            {"names", Json::array()},  {"row_sums", integers_of(row_sums.index_select(0, told))},
            {"counts", Json::array()}, {"pairs", Json::array()}};
  for (const int64_t number : numbers) {
    json["names"].push_back(class_names.at(static_cast<size_t>(number)));
    json["counts"].push_back(integers_of(confusion.matrix[number].index_select(0, told)));
  }
  for (const ConfusedPair& pair : confused_pairs(confusion.matrix, whole ? kShownConfusions : kConfusedPairs))
    json["pairs"].push_back(pair_json(pair, class_names, row_sums));
  for (size_t i = 0; i < confusion.shown.size(); ++i) {
    json["pairs"][i]["images"] = confusion.shown[i].images;
    if (pictures == Pictures::embedded) json["pairs"][i]["picture"] = data_uri("image/png", confusion.shown[i].picture);
  }
  return json;
}

}  // namespace gtn
