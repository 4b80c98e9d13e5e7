// A trained network as one safetensors file, with all that is needed to use it: the learner text, the parameters by
// their names, the statistics of its batch norms, and what an image must go through first.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gtn/core/archive.h"
#include "gtn/data/dataset.h"
#include "gtn/nets/net.h"
#include "gtn/unroll/real_training.h"

namespace gtn {

struct NetworkFile {
  std::shared_ptr<const Net> net;
  TrainedNet trained;
  Normalization normalization;
  std::vector<std::string> class_names;
  std::string dataset, dataset_fingerprint;
};

// Tensors "param.NAME" (Net::params()), "statistics.I", "mean" and "std" [C], where there is one "whitening" and
// "whitening_mean"; metadata "learner" (the text), "input", "classes" (names), "dataset", "dataset_fingerprint".
// Throws a failure that names the file.
void save_network(const std::filesystem::path& path, const Net& net, const TrainedNet& trained, const Splits& splits);

// The network of such an archive, read from `where`. Throws a failure that names that and what is missing or has
// another shape, and what make_net() throws.
NetworkFile to_network(const Archive& archive, const std::string& where);

// The network of such a file. Throws what to_network() throws.
NetworkFile load_network(const std::filesystem::path& path);

// The same, or none where the file is another safetensors file, or is not there.
std::optional<NetworkFile> find_network(const std::filesystem::path& path);

}  // namespace gtn
