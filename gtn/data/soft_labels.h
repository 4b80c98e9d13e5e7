// What somebody else thinks of the images of a data set: soft labels, kept in a file and mixed with the true ones.
#pragma once

#include <filesystem>
#include <string>

#include "gtn/data/dataset.h"

namespace gtn {

struct SoftLabels {
  Tensor labels;                    // [N, K] float32, each row sums to one
  std::string dataset_fingerprint;  // of the training split that the images are from
  std::string config_hash;          // of the run that asked for them
  std::string note;                 // one line on how they were made
};

// (1 - weight) * one-hot of the data set's labels + weight * `soft`: [N, K] float32, on the CPU. Throws
// std::invalid_argument where `soft` is not [N, K] or `weight` is outside [0, 1].
Tensor mixed_targets(const Dataset& dataset, const Tensor& soft, double weight);

// Writes them as a safetensors file, atomically. Throws a failure that names the file.
void save_soft_labels(const std::filesystem::path& path, const SoftLabels& soft);

// Reads what was written for these images by a run of this configuration. Throws a failure that names the file and says
// how to get on where it is broken, holds labels of another shape or ones that are no probabilities, or belongs to
// other images or to another configuration.
SoftLabels load_soft_labels(const std::filesystem::path& path, const Dataset& dataset, const std::string& config_hash);

}  // namespace gtn
