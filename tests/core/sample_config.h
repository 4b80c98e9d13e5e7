// A config with every type of field, for the tests and the fuzz target of the reader.
#pragma once

#include <array>
#include <ostream>

#include "gtn/core/config.h"

namespace gtn {

enum class Labels { onehot, learned };

constexpr auto names_of(Labels) {
  return std::to_array<std::pair<Labels, std::string_view>>({{Labels::onehot, "onehot"}, {Labels::learned, "learned"}});
}

struct SampleInner {
  int64_t width = 64;
  double slope = 0.1;

  bool operator==(const SampleInner&) const = default;
  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("width", self.width, "filters of the first layer", positive());
    field("slope", self.slope, "slope of the leaky ReLU", between(0.0, 1.0));
  }
};

struct SampleUnroll {
  int64_t steps = 16;
  SampleInner inner;

  bool operator==(const SampleUnroll&) const = default;
  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("inner", self.inner, "the network inside");  // before a plain field: the writer must put it after
    field("steps", self.steps, "inner SGD steps", at_least(1));
  }
};

struct SampleConfig {
  std::string name = "first";
  SampleUnroll unroll;
  bool verbose = false;
  double outer_lr = 0.01;
  Labels labels = Labels::onehot;
  std::vector<std::string> learners = {"mlp", "lenet"};
  std::vector<int64_t> sizes = {3, 5};

  bool operator==(const SampleConfig&) const = default;
  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("name", self.name, "what to call it");
    field("unroll", self.unroll, "the inner loop");
    field("verbose", self.verbose, "say more");
    field("outer_lr", self.outer_lr, "step size of the outer Adam", at_least(0.0));
    field("labels", self.labels, "what a learner is told");
    field("learners", self.learners, "the population");
    field("sizes", self.sizes, "kernel sizes", at_least(1));
  }
};

// So that a failed comparison can be read. NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
inline void PrintTo(const SampleConfig& config, std::ostream* stream) { *stream << to_toml(config); }

}  // namespace gtn
