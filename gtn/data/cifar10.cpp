#include "gtn/data/cifar10.h"

#include "gtn/core/error.h"
#include "gtn/core/json.h"
#include "gtn/data/png_reader.h"

namespace gtn {
namespace {

constexpr int64_t kSide = 32, kPixels = kSide * kSide, kRow = 1 + 3 * kPixels, kClasses = 10;

}  // namespace

LabelledImages decode_cifar10_batch(std::string_view bytes, const std::string& where) {
  const auto size = static_cast<int64_t>(bytes.size());
  if (size == 0 || size % kRow != 0)
    throw failure(where, "holds " + std::to_string(size) + " bytes, but a CIFAR-10 batch has rows of " +
                             std::to_string(kRow) + "; get another copy of the file");
  // from_blob only reads here: both parts are copied out of it.
  const Tensor rows = at::from_blob(const_cast<char*>(bytes.data()), {size / kRow, kRow}, at::kByte);
  LabelledImages batch{rows.narrow(1, 1, kRow - 1).reshape({-1, 3, kSide, kSide}).contiguous(),
                       rows.select(1, 0).to(at::kLong)};
  const auto largest = batch.labels.max().item<int64_t>();
  if (largest >= kClasses)
    throw failure(where, "holds the label " + std::to_string(largest) +
                             ", but CIFAR-10 has 0 to 9; is it a batch of CIFAR-100, or damaged?");
  return batch;
}

Tensor decode_cifar10_png(std::string_view bytes, const std::string& where) {
  const Tensor pixels = decode_png(bytes, where);
  if (pixels.size(1) != kPixels)
    throw failure(where, "is " + std::to_string(pixels.size(1)) + " pixels wide, but a CIFAR-10 batch has " +
                             std::to_string(kPixels) + ", one row an image; get the file of that form");
  return pixels.view({-1, kSide, kSide, 3}).permute({0, 3, 1, 2}).contiguous();
}

Tensor decode_cifar10_labels(std::string_view text, const std::string& where) {
  const Json list = parse_json(text);
  if (!list.is_array() || list.empty())
    throw failure(where, "is no JSON list of labels, such as [6, 9, 4]; get another copy of the file");
  Tensor labels = at::empty({static_cast<int64_t>(list.size())}, at::kLong);
  auto* label = labels.data_ptr<int64_t>();
  for (size_t i = 0; i < list.size(); ++i) {
    const bool sound = list[i].is_number_unsigned() && list[i].get<uint64_t>() < kClasses;
    if (!sound) throw failure(where, "its entry " + std::to_string(i) + " is none of the labels 0 to 9; correct it");
    label[i] = list[i].get<int64_t>();
  }
  return labels;
}

}  // namespace gtn
