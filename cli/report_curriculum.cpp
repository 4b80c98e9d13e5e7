// What a page shows of a curriculum.
#include <algorithm>
#include <numeric>

#include "cli/report_data.h"
#include "gtn/report/base64.h"
#include "gtn/report/strip.h"

namespace gtn {
namespace {

constexpr int64_t kShownClasses = 20, kShownColumns = 8, kShownSteps = 64;
constexpr int64_t kShownValues = 3'000'000;  // of all pictures: PNG cannot pack noise below a byte each
constexpr int64_t kShownWeights = 3;         // of a class's mean label: the largest
constexpr double kLeastWeight = 0.005;

// `count` of the numbers 0 .. total - 1, evenly spaced, the first and the last included; all where they are fewer.
std::vector<int64_t> spread(int64_t total, int64_t count) {
  count = std::min(count, total);
  std::vector<int64_t> picked;
  for (int64_t i = 0; i < count; ++i) picked.push_back(count == 1 ? 0 : i * (total - 1) / (count - 1));
  return picked;
}

// What fits into a page.
struct Extent {
  int64_t classes, columns, reduction;
  std::vector<int64_t> batches;

  explicit Extent(const Artefact& a) {
    const Shape shape = shape_of(a.images);
    classes = std::min(a.labels.size(2), kShownClasses);
    reduction = strip_reduction(shape);
    const int64_t values = shape[2] * (shape[3] / reduction) * (shape[4] / reduction);
    const int64_t step_count = std::min(shape[0], kShownSteps);
    columns = std::clamp<int64_t>(kShownValues / std::max<int64_t>(1, step_count * classes * values), 1,
                                  std::min(kShownColumns, (shape[1] + classes - 1) / classes));
    const int64_t fits = kShownValues / std::max<int64_t>(1, classes * columns * values);
    batches = spread(shape[0], std::clamp<int64_t>(fits, 2, kShownSteps));
  }
};

// The largest weights of a mean label [K] in percent, as [class, weight].
Json weights_of(const Tensor& mean) {
  Json list = Json::array();
  const auto [weights, classes] = mean.sort(0, true);
  for (int64_t i = 0; i < std::min(kShownWeights, mean.size(0)); ++i)
    if (const double weight = scalar(weights[i]); weight >= kLeastWeight)
      list.push_back({classes[i].item<int64_t>(), 100 * weight});
  return list;
}

Json step_json(const Artefact& a, int64_t batch, const Extent& extent) {
  const Tensor labels = a.labels[batch], said = labels.argmax(1);
  Json rows = Json::array();
  for (int64_t c = 0; c < extent.classes; ++c) {
    const Tensor of_class = said.eq(c).nonzero().flatten();
    Json row{{"class", c}, {"count", of_class.size(0)}};
    if (of_class.size(0) > 0) {
      const Tensor weight = labels.select(1, c).index_select(0, of_class);
      const Tensor best =
          of_class.index_select(0, weight.argsort(0, true)).narrow(0, 0, std::min(extent.columns, of_class.size(0)));
      row["images"] = best.size(0);
      row["picture"] = data_uri(
          "image/png", encode_strip(a.normalization.display(a.images[batch].index_select(0, best)), extent.reduction));
      row["label"] = weights_of(labels.index_select(0, of_class).mean(0));
    }
    rows.push_back(row);
  }
  return {{"batch", batch}, {"rows", rows}};
}

// In percent: the largest weight of an image's label, over all of each batch: mean, least and most.
Json certainty_of(const Tensor& labels) {
  const Tensor largest = labels.amax(2);
  Json json{{"mean", Json::array()}, {"least", Json::array()}, {"most", Json::array()}};
  for (int64_t t = 0; t < largest.size(0); ++t) {
    json["mean"].push_back(100 * scalar(largest[t].mean()));
    json["least"].push_back(100 * scalar(largest[t].min()));
    json["most"].push_back(100 * scalar(largest[t].max()));
  }
  return json;
}

std::vector<double> numbers_of(const Tensor& vector) {
  const Tensor doubles = vector.to(at::kDouble).contiguous();
  return {doubles.data_ptr<double>(), doubles.data_ptr<double>() + doubles.numel()};
}

}  // namespace

Json curriculum_part(const Artefact& a) {
  const NoGrad no_grad;
  const Extent extent(a);
  const Shape shape = shape_of(a.images);
  Json part{{"classes", a.class_names},
            {"shown_classes", extent.classes},
            {"steps", a.steps()},
            {"batches", shape[0]},
            {"batch_images", shape[1]},
            {"image_width", shape[4] / extent.reduction},
            {"optimizer", a.optimizer},
            {"lr", numbers_of(a.lr)},
            {"momentum", numbers_of(a.momentum)},
            {"certainty", certainty_of(a.labels)},
            {"shown", Json::array()}};
  for (const int64_t batch : extent.batches) part["shown"].push_back(step_json(a, batch, extent));
  return part;
}

}  // namespace gtn
