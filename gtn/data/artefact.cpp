#include "gtn/data/artefact.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "gtn/core/error.h"
#include "gtn/core/json.h"
#include "gtn/core/quote.h"
#include "gtn/data/compact.h"
#include "gtn/data/tensor_checks.h"

namespace gtn {
namespace {

constexpr const char* kFormat = "gtn-teacher";
constexpr const char* kCompact = "compact";
constexpr float kRowTolerance = 1e-3f;  // of the sum of a row of labels
constexpr std::string_view kTeacherPrefix = "teacher.";
constexpr const char* kUsageAfter =
    ". Images are in normalised units: judge the network on real pixels in [0, 1] as (pixel - mean) / std, channel by "
    "channel. config and learners say which networks were taught.";

constexpr const char* kWhiteningUsage =
    " Whitened: flatten (pixel - mean) / std to D = C * H * W values, channel by channel and row by row, and judge the "
    "network on (values - whitening_mean) @ whitening in the shape of the image.";

constexpr const char* kTraitsUsage =
    " The step sizes suit many kinds of network; for one of them try also lr * exp(mean(traits * log_multipliers)), "
    "with "
    "the values that the named traits have for it.";

constexpr const char* kAugmentationUsage = " Change the images of each batch at random before the step: ";

// Every optimiser that an artefact may name, and what its steps do with g.
constexpr auto kUpdates = std::to_array<std::pair<std::string_view, const char*>>({
    {"sgd", "v = momentum[t] * v + g; w = w - lr[t] * v, from v = 0"},
    {"rmsprop",
     "s = 0.99 * s + 0.01 * g^2; v = momentum[t] * v + g / (sqrt(s) + 1e-8); w = w - lr[t] * v, from s = v = 0"},
    {"adam",
     "s = 0.999 * s + 0.001 * g^2; d = 0.999 * d + 0.001; v = momentum[t] * v + g; c = momentum[t] * c + 1; "
     "w = w - lr[t] * (v / c) / (sqrt(s / d) + 1e-8), from s = d = v = c = 0"},
});
constexpr const char* kFirstOptimizer = "sgd";  // of artefacts that do not name theirs

const char* update_of(const std::string& optimizer) {
  const auto found = std::ranges::find(kUpdates, optimizer, &std::pair<std::string_view, const char*>::first);
  return found == kUpdates.end() ? nullptr : found->second;
}

std::string known_optimizers() {
  std::string names;
  for (const auto& [name, update] : kUpdates) names.append(names.empty() ? "" : ", ").append(name);
  return names;
}

// Absent, or both parts of the images' size.
void check_whitening(const Artefact& a, Faults& faults) {
  const Whitening& whitening = a.normalization.whitening;
  if (!whitening.matrix.defined() && !whitening.mean.defined()) return;
  int64_t values = -1;
  if (a.images.defined() && a.images.dim() == 5 && a.images.numel() > 0)
    values = a.images.size(2) * a.images.size(3) * a.images.size(4);
  check_tensor("whitening", whitening.matrix, {values, values}, faults);
  check_tensor("whitening_mean", whitening.mean, {values}, faults);
}

// Absent, or one weight a trait.
void check_multipliers(const Artefact& a, Faults& faults) {
  if (a.traits.empty() && !a.log_multipliers.defined()) return;
  if (a.traits.empty()) faults.add("traits is not a list of names, as log_multipliers needs");
  check_tensor("log_multipliers", a.log_multipliers, {a.traits.empty() ? -1 : static_cast<int64_t>(a.traits.size())},
               faults);
}

// What to do in step t, but for the update; `repeated`: the batches serve again and again.
std::string usage_of_batches(bool repeated) {
  const std::string batch = repeated ? "[n]" : "[t]";
  return "A learned curriculum. For t = 0, 1, ...: " +
         std::string(repeated ? "n = t mod the number of batches; " : "") +
         "gradient g of the soft cross-entropy of images" + batch + " [B, C, H, W] and labels" + batch + " [B, K]; ";
}

void check(const Artefact& a, Faults& faults) {
  const auto image_size = [&](int64_t dim) { return size_or_any(a.images, 5, dim); };
  const int64_t batches = image_size(0), channels = image_size(2);
  const int64_t classes = a.class_names.empty() ? -1 : static_cast<int64_t>(a.class_names.size());
  check_tensor("images", a.images, {-1, -1, -1, -1, -1}, faults);
  const bool labels = check_tensor("labels", a.labels, {batches, image_size(1), classes}, faults);
  const bool lr = check_tensor("lr", a.lr, {-1}, faults);
  const bool momentum = check_tensor("momentum", a.momentum, {size_or_any(a.lr, 1, 0)}, faults);
  if (lr && batches > a.lr.size(0))
    faults.add("lr has " + std::to_string(a.lr.size(0)) + " steps, fewer than the " + std::to_string(batches) +
               " batches of images");
  check_tensor("mean", a.normalization.mean, {channels}, faults);
  const bool std = check_tensor("std", a.normalization.std, {channels}, faults);
  check_whitening(a, faults);
  check_multipliers(a, faults);
  if (!update_of(a.optimizer))
    faults.add("optimizer is " + quoted(a.optimizer) + ", but this program knows " + known_optimizers());
  if (a.class_names.empty()) faults.add("class_names is not a list of names");
  if (labels && a.labels.sum(2).sub(1).abs().max().item<float>() > kRowTolerance)
    faults.add("labels has rows that do not sum to one");
  if (lr && !a.lr.gt(0).all().item<bool>()) faults.add("lr holds step sizes that are not positive");
  if (momentum && !a.momentum.ge(0).all().item<bool>()) faults.add("momentum holds negative values");
  if (std && !a.normalization.std.gt(0).all().item<bool>()) faults.add("std holds values that are not positive");
}

std::string text_of(const Archive& archive, const std::string& name, Faults& faults) {
  const auto found = archive.metadata.find(name);
  if (found != archive.metadata.end()) return found->second;
  faults.add("the text " + name + " is missing");
  return {};
}

// Before anything else: another version may differ in every other respect.
void check_version(const Archive& archive, const std::string& where) {
  if (archive.metadata.contains("learner") && !archive.metadata.contains("format"))
    throw failure(
        where,
        "is a trained network, not a teacher; gtn export FILE --format onnx or pytorch hands it on, and the run "
        "of gtn search that it lies in has the teacher");
  const auto format = archive.metadata.find("format"), version = archive.metadata.find("format_version");
  if (format == archive.metadata.end() || format->second != kFormat || version == archive.metadata.end())
    throw failure(where,
                  "is a safetensors file, but not a teacher (its metadata do not say format gtn-teacher and a "
                  "format_version); give the artefact that `gtn train` wrote");
  for (int known = 1; known <= kArtefactVersion; ++known)
    if (version->second == std::to_string(known)) return;
  const auto writer = archive.metadata.find("program_version");
  const std::string writer_text = writer == archive.metadata.end() ? "" : " (" + quoted(writer->second) + ")";
  throw failure(where, "is a teacher of format version " + quoted(version->second) +
                           ", but this program reads versions up to " + std::to_string(kArtefactVersion) +
                           "; use the version of gtn that wrote it" + writer_text + ", or train again");
}

Encoding encoding_of(const Archive& archive, Faults& faults) {
  const auto found = archive.metadata.find("encoding");
  if (found == archive.metadata.end()) return Encoding::exact;
  if (found->second != kCompact)
    faults.add("encoding is " + quoted(found->second) + ", but this program knows " + kCompact);
  return Encoding::compact;
}

std::string names_text(const std::vector<std::string>& names) {
  return Json(names).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Leaves the list empty, which is a fault too, where it is none.
std::vector<std::string> read_names(const std::string& text) {
  const Json names = parse_json(text);
  std::vector<std::string> result;
  if (!names.is_array()) return result;
  for (const Json& name : names) {
    if (!name.is_string()) return {};
    result.push_back(name.get<std::string>());
  }
  return result;
}

}  // namespace

Archive to_archive(const Artefact& artefact, const std::string& where) {
  Faults faults(where);
  check(artefact, faults);
  faults.throw_if_any(ErrorKind::failure);
  Archive archive;
  archive.tensors = {
      {"images", artefact.images},     {"labels", artefact.labels},           {"lr", artefact.lr},
      {"momentum", artefact.momentum}, {"mean", artefact.normalization.mean}, {"std", artefact.normalization.std}};
  const Whitening& whitening = artefact.normalization.whitening;
  if (whitening.defined()) {
    archive.tensors.emplace("whitening", whitening.matrix);
    archive.tensors.emplace("whitening_mean", whitening.mean);
  }
  if (artefact.log_multipliers.defined()) archive.tensors.emplace("log_multipliers", artefact.log_multipliers);
  const bool small = artefact.encoding == Encoding::compact;
  if (!small)
    for (const auto& [name, tensor] : artefact.teacher)
      archive.tensors.emplace(std::string(kTeacherPrefix) + name, tensor);
  archive.metadata = {
      {"format", kFormat},
      {"format_version", std::to_string(artefact.format_version())},
      {"usage", std::string(small ? kCompactUsage : "") + usage_of_batches(artefact.batches() < artefact.steps()) +
                    std::string(update_of(artefact.optimizer)) + kUsageAfter +
                    (whitening.defined() ? kWhiteningUsage : "") + (artefact.traits.empty() ? "" : kTraitsUsage) +
                    (artefact.augmentation.empty() ? "" : kAugmentationUsage + artefact.augmentation)},
      {"optimizer", artefact.optimizer},
      {"class_names", names_text(artefact.class_names)},
      {"dataset", artefact.dataset},
      {"dataset_fingerprint", artefact.dataset_fingerprint},
      {"learners", artefact.learners},
      {"config", artefact.config},
      {"program_version", artefact.program_version}};
  if (!artefact.traits.empty()) archive.metadata["traits"] = names_text(artefact.traits);
  if (!artefact.augmentation.empty()) archive.metadata["augmentation"] = artefact.augmentation;
  if (small) {
    archive.metadata["encoding"] = kCompact;
    compact(archive, kRowTolerance, where);
    to_artefact(archive, where);  // rounding may have made numbers infinite
  }
  return archive;
}

Artefact to_artefact(const Archive& stored, const std::string& where) {
  check_version(stored, where);
  Faults faults(where);
  const Encoding encoding = encoding_of(stored, faults);
  Archive archive = stored;  // the tensors are shared
  if (encoding == Encoding::compact) expand(archive, faults);
  const auto tensor = [&](const char* name) {
    const auto found = archive.tensors.find(name);
    return found == archive.tensors.end() ? Tensor() : found->second;
  };
  const auto text = [&](const char* name) { return text_of(archive, name, faults); };
  const auto optimizer = archive.metadata.find("optimizer"), augmentation = archive.metadata.find("augmentation"),
             traits = archive.metadata.find("traits");
  Artefact artefact{
      .images = tensor("images"),
      .labels = tensor("labels"),
      .lr = tensor("lr"),
      .momentum = tensor("momentum"),
      .optimizer = optimizer == archive.metadata.end() ? kFirstOptimizer : optimizer->second,
      .augmentation = augmentation == archive.metadata.end() ? "" : augmentation->second,
      .traits = traits == archive.metadata.end() ? std::vector<std::string>{} : read_names(traits->second),
      .log_multipliers = tensor("log_multipliers"),
      .normalization = {tensor("mean"), tensor("std"), {tensor("whitening_mean"), tensor("whitening")}},
      .class_names = read_names(text("class_names")),
      .dataset = text("dataset"),
      .dataset_fingerprint = text("dataset_fingerprint"),
      .learners = text("learners"),
      .config = text("config"),
      .program_version = text("program_version"),
      .encoding = encoding,
      .teacher = {}};
  for (const auto& [name, value] : archive.tensors)
    if (name.starts_with(kTeacherPrefix)) artefact.teacher.emplace(name.substr(kTeacherPrefix.size()), value);
  check(artefact, faults);
  faults.throw_if_any(ErrorKind::failure);
  return artefact;
}

void save_artefact(const std::filesystem::path& path, const Artefact& artefact) {
  write_archive(path, to_archive(artefact, path.string()));
}

Artefact load_artefact(const std::filesystem::path& path) { return to_artefact(read_archive(path), path.string()); }

Tensor pixels_of(const Artefact& artefact) {
  return artefact.normalization.display(artefact.images.flatten(0, 1))
      .unflatten(0, {artefact.images.size(0), artefact.images.size(1)});
}

StoredBatches curriculum_of(const Artefact& artefact, at::Device device) {
  std::vector<Batch> batches;
  for (int64_t t = 0; t < artefact.batches(); ++t) {
    const Tensor image = artefact.images[t];
    Tensor x = at::empty(image.sizes(), image.options().device(device).memory_format(kChannelsLast));
    batches.push_back({x.copy_(image), artefact.labels[t].to(device).contiguous()});
  }
  return StoredBatches(std::move(batches), artefact.steps());
}

}  // namespace gtn
