// The learners a teacher is taught by: one fixed text, or a family from which each meta-iteration draws anew. A teacher
// that met only one learner serves only that one (docs/method.md).
#pragma once

#include <string>
#include <vector>

#include "gtn/core/config_fields.h"
#include "gtn/core/random.h"

namespace gtn {

struct PopulationConfig {
  std::vector<std::string> fixed;  // texts or presets; one is drawn each time. Empty: sampled from what follows
  std::vector<int64_t> widths{8, 12, 16, 24};  // of the first block; it doubles once, in the second
  std::vector<int64_t> depths{1, 2, 3};        // blocks
  std::vector<int64_t> kernels{3, 5};
  std::vector<std::string> pools{"maxpool(2)", "avgpool(2)", "stride"};
  std::vector<std::string> norms{"none", "mean", "batch", "instance"};
  std::vector<std::string> activations{"relu", "leaky_relu(0.1)", "silu", "tanh"};
  std::vector<std::string> heads{"flatten", "gap", "hidden"};

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field(
        "fixed", self.fixed,
        "learner texts, presets, or so many of a space as in \"64 of nb201(width=4)\"; one is drawn each time. Empty: "
        "sample from the lists below");
    field("widths", self.widths, "channels of the first block");
    field("depths", self.depths, "number of blocks (convolution, norm, activation, pooling)");
    field("kernels", self.kernels, "kernel sizes");
    field("pools", self.pools, "how a block halves the image: maxpool(2), avgpool(2), stride");
    field("norms", self.norms, "none, mean, batch, instance");
    field("activations", self.activations, "activation layers");
    field("heads", self.heads, "flatten, gap (global average pooling) or hidden (flatten and a hidden layer)");
  }
};

// Draws a learner text. Pure in (config, key).
std::string sample_learner(const PopulationConfig& config, const Key& key);

// The learner that stands for a population where one has to: the first of the fixed ones, or one of the widest and
// deepest, with a head that keeps places apart where there is one. Pure in (config, key).
std::string leading_learner(const PopulationConfig& config, const Key& key);

// The learners that leave least room for the image: all fixed ones, or the deepest for each pooling and kernel. Where
// these build, every draw does.
std::vector<std::string> hardest_learners(const PopulationConfig& config, const Key& key);

// The learners of which one needs the most memory: all fixed ones, or the widest with the largest kernels for each
// depth, pooling, norm and head.
std::vector<std::string> largest_learners(const PopulationConfig& config);

// One line that says what the population is, for artefacts and tables.
std::string describe_population(const PopulationConfig& config);

// Throws a usage error listing every empty list and unknown word.
void check_population(const PopulationConfig& config);

}  // namespace gtn
