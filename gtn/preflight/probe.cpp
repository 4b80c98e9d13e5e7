#include "gtn/preflight/probe.h"

#include <cstdio>

namespace gtn {
namespace {

std::string printed(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

RealSource real_batches_of(const PlannedRun& run, int64_t count, std::string_view purpose) {
  return {run.splits.train,       run.splits.normalization,   count,
          run.key.split(purpose), Sampling::with_replacement, run.device};
}

}  // namespace

Verdict verdict_above(double value, const Limits& limits) {
  if (value <= limits.warn) return Verdict::pass;
  return value <= limits.fail ? Verdict::warn : Verdict::fail;
}

Finding finding(Verdict verdict, std::string figure, double value, std::string advice) {
  return {verdict, std::move(figure), value, verdict == Verdict::pass ? std::string() : std::move(advice)};
}

std::string brief_number(double value) { return printed("%.3g", value); }
std::string percent_text(double value) { return printed("%.3g %%", value); }

double percent_of(int64_t part, int64_t all) {
  return all == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(all);
}

std::string share_text(int64_t part, int64_t all) {
  if (part == 0) return "none of " + std::to_string(all);
  return std::to_string(part) + " of " + std::to_string(all) + " (" + percent_text(percent_of(part, all)) + ")";
}

Batch draw_batch(const PlannedRun& run, int64_t count, std::string_view purpose) {
  return real_batches_of(run, count, purpose).batch(0);
}

RealSource planned_batches(const PlannedRun& run, std::string_view purpose) {
  return real_batches_of(run, run.batch, purpose);
}

Tensor fresh_parameters(const PlannedRun& run, uint64_t i) {
  return run.learner->initial(run.key.split("initial").split(i)).to(run.device);
}

Tensor batch_logits(const Learner& learner, const Tensor& w, const Tensor& x) {
  return learner.logits(w, x, learner.calibrate(w, {x}));
}

double loss_of(const Tensor& logits, const Tensor& y) {
  return (0 - scalar((at::log_softmax(logits, 1) * y).sum())) / static_cast<double>(y.size(0));  // no -0
}

const Net* net_of(const Learner& learner) { return dynamic_cast<const Net*>(&learner); }

std::vector<Part> parts_of(const Learner& learner) {
  const Net* net = net_of(learner);
  if (!net) return {{"parameters", 0, learner.parameter_count(), true}};
  std::vector<Part> parts;
  int64_t begin = 0;
  for (const ParamSpec& spec : net->params()) {
    int64_t size = 1;
    for (const int64_t extent : spec.shape) size *= extent;
    parts.push_back({spec.name, begin, size, spec.shape.size() > 1});
    begin += size;
  }
  return parts;
}

std::vector<NodeOutput> node_outputs(const Net& net, const Tensor& w, const Tensor& x) {
  const NoGrad no_grad;
  Duals params;
  for (const Tensor& view : net.unpack(w)) params.push_back({view, {}});
  std::vector<Tape> tapes = net.tapes(Mode::train);
  std::vector<NodeOutput> found;
  Tensors outputs;
  size_t first = 0;  // parameter of the node
  for (size_t i = 0; i < net.nodes().size(); ++i) {
    const Node& node = net.nodes()[i];
    Tensor input;
    for (const int index : node.inputs) input = sum_of(input, index < 0 ? x : outputs[static_cast<size_t>(index)]);
    if (node.layer) {
      const size_t count = node.layer->params().size();
      input = node.layer->forward(std::span(params).subspan(first, count), {input, {}}, tapes[i]).value;
      first += count;
      found.push_back({i, node.layer, input});
    }
    outputs.push_back(input);
  }
  return found;
}

}  // namespace gtn
