// What several checks do: draw a batch and fresh parameters, take the loss, look into a net, put a finding into words.
#pragma once

#include "gtn/data/real_source.h"
#include "gtn/nets/net.h"
#include "gtn/preflight/check.h"

namespace gtn {

// Where a value begins to be worth a warning, and where it fails.
struct Limits {
  double warn, fail;
};
// Of a value that should be small; one that is not a number fails.
Verdict verdict_above(double value, const Limits& limits);
inline Verdict worse(Verdict a, Verdict b) { return a > b ? a : b; }
// The advice is left out where it passes.
Finding finding(Verdict verdict, std::string figure, double value, std::string advice);

std::string brief_number(double value);             // three digits: "0.0123", "1.2e-09"
std::string percent_text(double value);             // "3.21 %", of a value that is percent already
std::string share_text(int64_t part, int64_t all);  // "12 of 50000 (0.024 %)", "none of 9"
double percent_of(int64_t part, int64_t all);       // 0 where there is nothing

// `count` training images drawn with replacement; `purpose` names the draw.
Batch draw_batch(const PlannedRun& run, int64_t count, std::string_view purpose);
// Real batches of the size that the planned run takes.
RealSource planned_batches(const PlannedRun& run, std::string_view purpose);

// Fresh parameters number `i`, on the run's device.
Tensor fresh_parameters(const PlannedRun& run, uint64_t i);

// Logits in evaluation mode with statistics of the batch itself: those of training mode.
Tensor batch_logits(const Learner& learner, const Tensor& w, const Tensor& x);
// Mean soft-label cross-entropy.
double loss_of(const Tensor& logits, const Tensor& y);

// The learner as a Net; null where it is none.
const Net* net_of(const Learner& learner);

// A piece of the parameter vector.
struct Part {
  std::string name;
  int64_t begin, size;
  bool weight;  // connects two layers: no bias, gain or shift

  Tensor of(const Tensor& w) const { return w.narrow(0, begin, size); }
};
// Those of a net by its layers; else one weight, all of it.
std::vector<Part> parts_of(const Learner& learner);

// What a node of a net gives for x in training mode.
struct NodeOutput {
  size_t node;
  LayerPtr layer;
  Tensor value;  // [B, C, H, W] or [B, F]
};
// Of every node that has a layer, one by one and without the fused chains.
std::vector<NodeOutput> node_outputs(const Net& net, const Tensor& w, const Tensor& x);

}  // namespace gtn
