#include "gtn/data/compact.h"

#include <cstdio>

#include "gtn/data/tensor_checks.h"

namespace gtn {
namespace {

constexpr double kLevels = 255;
constexpr const char *kScale = "images.scale", *kOffset = "images.offset";

Tensor per_plane(const Tensor& vector) { return vector.unsqueeze(-1).unsqueeze(-1); }

void compact_images(Archive& archive) {
  Tensor& images = archive.tensors.at("images");
  const Tensor values = images.to(at::kDouble);
  const Tensor low = values.amin({3, 4}), scale = ((values.amax({3, 4}) - low) / kLevels).to(at::kFloat);
  const Tensor offset = low.to(at::kFloat);
  const Tensor divisor = at::where(scale > 0, scale, at::ones_like(scale)).to(at::kDouble);  // a plain image: all 0
  const Tensor levels = (values - per_plane(offset).to(at::kDouble)) / per_plane(divisor);
  images = levels.round().clamp(0, kLevels).to(at::kByte);
  archive.tensors[kScale] = scale;
  archive.tensors[kOffset] = offset;
}

void compact_labels(Tensor& labels, float row_tolerance) {
  const Tensor half = labels.to(at::kHalf);
  const float drift = half.to(at::kFloat).sum(2).sub(1).abs().max().item<float>();
  if (drift <= row_tolerance) labels = half;
}

std::string megabytes(int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

void compact_whitening(Archive& archive, const std::string& where) {
  const auto matrix = archive.tensors.find("whitening");
  if (matrix == archive.tensors.end()) return;
  for (const char* name : {"whitening", "whitening_mean"})
    archive.tensors.at(name) = archive.tensors.at(name).to(at::kHalf);
  int64_t bytes = 0;
  for (const auto& [name, tensor] : archive.tensors) bytes += static_cast<int64_t>(tensor.nbytes());
  if (bytes <= kCompactWhiteningLimit) return;
  throw failure(where, "would have " + megabytes(bytes) + ", of them " +
                           megabytes(static_cast<int64_t>(matrix->second.nbytes())) +
                           " for the whitening matrix even in half precision, and a compact file with one may have " +
                           megabytes(kCompactWhiteningLimit) +
                           "; give the run's own teacher.safetensors or --format npz away, or teach with "
                           "preprocessing = \"standard\"");
}

void expand_images(Archive& archive, Faults& faults) {
  const auto found = archive.tensors.find("images");
  const auto part = [&](const char* name) {
    const auto tensor = archive.tensors.find(name);
    return tensor == archive.tensors.end() ? Tensor() : tensor->second;
  };
  const Tensor scale = part(kScale), offset = part(kOffset);
  const Tensor stored = found == archive.tensors.end() ? Tensor() : found->second;
  const bool sound_shape = stored.defined() && stored.dim() == 5 && stored.numel() > 0;
  const Shape shape = sound_shape ? Shape{stored.size(0), stored.size(1), stored.size(2)} : Shape{-1, -1, -1};
  const bool sound_scale = check_tensor(kScale, scale, shape, faults);
  const bool sound_offset = check_tensor(kOffset, offset, shape, faults);
  const auto fault = [&faults](const char* name, const char* what) { faults.add(std::string(name).append(what)); };
  if (sound_scale && scale.lt(0).any().item<bool>()) fault(kScale, " holds negative values");
  if (!stored.defined()) return;
  const bool bytes = stored.scalar_type() == at::kByte;
  if (!bytes) fault("images", " is not uint8, as in a compact file");
  found->second = stored.to(at::kFloat);
  if (bytes && sound_shape && sound_scale && sound_offset) found->second.mul_(per_plane(scale)).add_(per_plane(offset));
}

}  // namespace

void compact(Archive& archive, float row_tolerance, const std::string& where) {
  compact_images(archive);
  compact_labels(archive.tensors.at("labels"), row_tolerance);
  compact_whitening(archive, where);
}

void expand(Archive& archive, Faults& faults) {
  expand_images(archive, faults);
  for (const char* name : {"labels", "whitening", "whitening_mean"})
    if (const auto found = archive.tensors.find(name); found != archive.tensors.end())
      if (found->second.scalar_type() == at::kHalf) found->second = found->second.to(at::kFloat);
}

}  // namespace gtn
