#include "gtn/data/soft_labels.h"

#include <array>
#include <stdexcept>

#include "gtn/core/archive.h"
#include "gtn/core/error.h"

namespace gtn {
namespace {

constexpr const char* kSoftLabelsFormat = "gtn-soft-labels";
constexpr double kSumTolerance = 1e-3;  // of the sum of a row

// What is wrong with them as labels of these images; empty where nothing is.
std::string fault_of(const Tensor& labels, const Dataset& dataset) {
  const Shape expected{dataset.size(), dataset.classes()};
  if (!labels.defined()) return "holds no labels";
  if (labels.scalar_type() != at::kFloat) return "holds labels that are not float32";
  if (shape_of(labels) != expected)
    return "holds labels " + to_string(shape_of(labels)) + ", but the images need " + to_string(expected);
  // A value that is not a number fails both comparisons.
  const bool fractions = labels.ge(0).all().item<bool>();
  const bool sums = labels.sum(1).sub(1).abs().le(kSumTolerance).all().item<bool>();
  return fractions && sums ? "" : "holds labels that are not probabilities";
}

}  // namespace

Tensor mixed_targets(const Dataset& dataset, const Tensor& soft, double weight) {
  if (soft.dim() != 2 || soft.size(0) != dataset.size() || soft.size(1) != dataset.classes())
    throw std::invalid_argument("mixed_targets: soft labels are " + to_string(shape_of(soft)));
  if (!(weight >= 0 && weight <= 1)) throw std::invalid_argument("mixed_targets: weight must lie in [0, 1]");
  const Tensor hard = at::one_hot(dataset.labels, dataset.classes()).to(at::kFloat);
  return hard * (1 - weight) + soft.to(at::kCPU, at::kFloat) * weight;
}

void save_soft_labels(const std::filesystem::path& path, const SoftLabels& soft) {
  write_archive(path, {{{"labels", soft.labels}},
                       {{"format", kSoftLabelsFormat},
                        {"dataset_fingerprint", soft.dataset_fingerprint},
                        {"config_hash", soft.config_hash},
                        {"note", soft.note}}});
}

SoftLabels load_soft_labels(const std::filesystem::path& path, const Dataset& dataset, const std::string& config_hash) {
  Archive archive = read_archive(path);
  const auto text = [&](const char* name) { return archive.metadata[name]; };
  const SoftLabels soft{archive.tensors["labels"], text("dataset_fingerprint"), text("config_hash"), text("note")};
  const std::string fault = fault_of(soft.labels, dataset);
  const std::array<std::pair<bool, std::string>, 4> wrong{{
      {text("format") != kSoftLabelsFormat, "is no file of soft labels"},
      {soft.config_hash != config_hash, "belongs to another configuration"},
      {soft.dataset_fingerprint != dataset.fingerprint, "belongs to other images"},
      {!fault.empty(), fault},
  }};
  for (const auto& [is_so, what] : wrong)
    if (is_so) throw failure(path.string(), what + "; remove it, and the experts are trained again");
  return soft;
}

}  // namespace gtn
