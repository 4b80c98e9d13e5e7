#include "gtn/data/dataset.h"

#include <algorithm>
#include <cstdio>

#include "gtn/core/error.h"
#include "gtn/core/random.h"

namespace gtn {
namespace {

constexpr uint64_t kSplitSeed = 0x67746e;  // never to change: a published number belongs to one split

uint64_t fnv1a(uint64_t hash, const void* data, size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  for (size_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3;
  return hash;
}

Dataset subset(const Dataset& dataset, const Tensor& indices) {
  Dataset part = dataset;
  part.images = dataset.images.index_select(0, indices);
  part.labels = dataset.labels.index_select(0, indices);
  part.fingerprint = fingerprint_of(part.images, part.labels);
  return part;
}

void check_labels(const Tensor& labels, int64_t classes, Faults& faults) {
  const Tensor wrong = labels.lt(0).logical_or_(labels.ge(classes)).nonzero().view(-1);
  if (wrong.numel() == 0) return;
  const int64_t first = wrong[0].item<int64_t>();
  faults.add(std::to_string(wrong.numel()) + " labels lie outside the " + std::to_string(classes) +
             " classes (the first is " + std::to_string(labels[first].item<int64_t>()) + ", of image " +
             std::to_string(first) + "); correct the labels or name more classes");
}

}  // namespace

std::string fingerprint_of(const Tensor& images, const Tensor& labels) {
  const bool few_classes = labels.numel() == 0 || labels.max().item<int64_t>() < 256;
  const Tensor pixels = images.contiguous(), bytes = labels.to(few_classes ? at::kByte : at::kLong).contiguous();
  const std::string shape = to_string(shape_of(images));
  uint64_t hash = fnv1a(0xcbf29ce484222325, shape.data(), shape.size());
  hash = fnv1a(hash, pixels.data_ptr(), pixels.nbytes());
  hash = fnv1a(hash, bytes.data_ptr(), bytes.nbytes());
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

std::string fingerprint_of(std::string text) {
  const Tensor bytes = at::from_blob(text.data(), {static_cast<int64_t>(text.size())}, at::kByte);
  return fingerprint_of(bytes, at::zeros({0}, at::kLong));
}

Dataset make_dataset(std::string name, const Tensor& images, const Tensor& labels,
                     std::vector<std::string> class_names) {
  Faults faults(name);
  const bool numbers = images.scalar_type() == at::kByte || images.scalar_type() == at::kFloat;
  if (images.dim() != 4 || !numbers || images.numel() == 0)
    faults.add("images must be uint8 [N, C, H, W], or float32, and at least one, but they are " +
               to_string(shape_of(images)));
  else if (images.scalar_type() == at::kFloat && !at::isfinite(images).all().item<bool>())
    faults.add(std::string("images hold values that are not finite"));
  if (labels.dim() != 1 || labels.scalar_type() != at::kLong)
    faults.add("labels must be int64 [N], but they are " + to_string(shape_of(labels)));
  if (class_names.empty() || class_names.size() > kMostClasses)
    faults.add("1 to " + std::to_string(kMostClasses) + " classes are possible, not " +
               std::to_string(class_names.size()));
  faults.throw_if_any(ErrorKind::failure);
  if (images.size(0) != labels.size(0))
    faults.add("there are " + std::to_string(images.size(0)) + " images but " + std::to_string(labels.size(0)) +
               " labels; use files that belong together");
  check_labels(labels, static_cast<int64_t>(class_names.size()), faults);
  faults.throw_if_any(ErrorKind::failure);
  std::string fingerprint = fingerprint_of(images, labels);
  return {std::move(name), images.contiguous(), labels.contiguous(), std::move(class_names), std::move(fingerprint)};
}

Splits split_dataset(const Dataset& training, const Dataset& test, std::optional<int64_t> validation) {
  const int64_t held_back = validation.value_or(std::max<int64_t>(training.size() / 6, 1));
  const int64_t kept = training.size() - held_back;
  if (held_back < 1 || kept < 1)
    throw usage_error("validation", std::to_string(held_back) + " of " + std::to_string(training.size()) +
                                        " images cannot be held back; choose from 1 to one less than all");
  const Tensor order = Key(kSplitSeed).split("validation").permutation(training.size());
  Splits splits{
      subset(training, order.narrow(0, 0, kept)), subset(training, order.narrow(0, kept, held_back)), test, {}};
  splits.normalization = measure_normalization(splits.train.images);
  return splits;
}

}  // namespace gtn
