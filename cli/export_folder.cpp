#include "cli/export_folder.h"

#include <algorithm>
#include <cctype>

#include "cli/common.h"
#include "gtn/core/config_writer.h"
#include "gtn/core/error.h"
#include "gtn/core/json.h"
#include "gtn/core/new_folder.h"
#include "gtn/report/csv.h"
#include "gtn/report/npz.h"
#include "gtn/report/png.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolderUsage =
    " Here images[t] are the PNG files of step t's folder in the order of their names, and labels[t] the columns of "
    "labels.csv that begin with 'p:'. Pixels are rounded to 8 bits and limited to 0 .. 255: deviation says by how "
    "much that moves the images, as a root mean square in normalised units.";

// With zeros before it, as wide as the largest of `count` numbers and `least` digits.
std::string padded(int64_t number, int64_t count, size_t least) {
  const std::string digits = std::to_string(number);
  const size_t width = std::max(least, std::to_string(count - 1).size());
  return std::string(width - digits.size(), '0') + digits;
}

// A class as a part of a file's name: letters and digits stay, everything else is an underscore.
std::string file_part(const std::string& class_name) {
  constexpr size_t kLongest = 40;
  std::string part = class_name.substr(0, kLongest);
  for (char& c : part)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-') c = '_';
  return part;
}

std::string batch_folder(const Artefact& artefact, int64_t batch) {
  return "step_" + padded(batch, artefact.batches(), 3);
}

Tensor as_bytes(const Tensor& pixels) { return pixels.mul(255).round().to(at::kByte); }

double deviation_of(const Artefact& artefact, const Tensor& bytes) {
  const Tensor again = artefact.normalization.apply(bytes.flatten(0, 1)).view(artefact.images.sizes());
  return std::sqrt(scalar((again - artefact.images).square().mean()));
}

Json manifest_of(const Artefact& artefact, const Tensor& bytes, const fs::path& folder) {
  Artefact exact = artefact;
  exact.encoding = Encoding::exact;
  Json manifest{{"format", "gtn-curriculum-folder"},
                {"format_version", 1},
                {"usage", to_archive(exact, folder.string()).metadata.at("usage") + kFolderUsage},
                {"dataset", artefact.dataset},
                {"dataset_fingerprint", artefact.dataset_fingerprint},
                {"class_names", artefact.class_names},
                {"batch", artefact.images.size(1)},
                {"image", Shape(artefact.images.sizes().slice(2).vec())},
                {"mean", Json::array()},
                {"std", Json::array()},
                {"whitening", artefact.normalization.whitening.defined() ? Json("whitening.npz") : Json()},
                {"deviation", deviation_of(artefact, bytes)},
                {"optimizer", artefact.optimizer}};
  for (int64_t c = 0; c < artefact.images.size(2); ++c) {
    manifest["mean"].push_back(scalar(artefact.normalization.mean[c]));
    manifest["std"].push_back(scalar(artefact.normalization.std[c]));
  }
  for (size_t i = 0; i < artefact.traits.size(); ++i)
    manifest["log_multipliers"][artefact.traits[i]] = scalar(artefact.log_multipliers[static_cast<int64_t>(i)]);
  for (int64_t t = 0; t < artefact.steps(); ++t)
    manifest["steps"].push_back({{"step", t},
                                 {"folder", batch_folder(artefact, t % artefact.batches())},
                                 {"lr", scalar(artefact.lr[t])},
                                 {"momentum", scalar(artefact.momentum[t])}});
  return manifest;
}

}  // namespace

void export_folder(const fs::path& folder, const Artefact& artefact) {
  const int64_t batch = artefact.images.size(1), channels = artefact.images.size(2);
  if (channels != 1 && channels != 3)
    throw failure(folder.string(), "PNG files have one channel or three, but these images have " +
                                       std::to_string(channels) + "; --format npz takes any");
  NewFolder made(folder);
  const Tensor bytes = as_bytes(pixels_of(artefact)), classes = artefact.labels.argmax(2);
  Table labels{{"file", "batch", "image", "class"}, {}};
  for (const std::string& name : artefact.class_names) labels.header.push_back("p:" + name);
  ProgressLine progress("writing", 0, artefact.image_count());
  for (int64_t n = 0; n < artefact.batches(); ++n) {
    const std::string part = batch_folder(artefact, n);
    for (int64_t b = 0; b < batch; ++b) {
      const std::string& name = artefact.class_names[static_cast<size_t>(classes[n][b].item<int64_t>())];
      const std::string file = part + "/" + padded(b, batch, 2) + "_" + file_part(name) + ".png";
      made.write(file, encode_png(channels == 1 ? bytes[n][b][0] : bytes[n][b].permute({1, 2, 0})));
      labels.rows.push_back({file, std::to_string(n), std::to_string(b), name});
      const Tensor soft = artefact.labels[n][b].contiguous();
      for (int64_t k = 0; k < soft.size(0); ++k) labels.rows.back().push_back(number_text(soft.data_ptr<float>()[k]));
      progress.update(n * batch + b + 1);
    }
  }
  made.write("labels.csv", format_csv(labels));
  const Whitening& whitening = artefact.normalization.whitening;
  if (whitening.defined())
    write_npz(made.part() / "whitening.npz", {{"whitening", whitening.matrix}, {"whitening_mean", whitening.mean}});
  const Json manifest = manifest_of(artefact, bytes, folder);
  made.write("manifest.json", manifest.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  made.finish();
}

}  // namespace gtn
