#include <algorithm>
#include <cmath>

#include "gtn/nets/activation.h"
#include "gtn/preflight/checks.h"
#include "gtn/preflight/probe.h"
#include "gtn/unroll/inner_loop.h"
#include "gtn/unroll/schedule.h"

namespace gtn {
namespace {

constexpr int64_t kLayerImages = 64;
constexpr int64_t kPlannedSteps = 10;
const char* const kClosed = "not made of layers: cannot be looked into";

bool is_nonlinearity(const Layer& layer) {
  return dynamic_cast<const LeakyRelu*>(&layer) != nullptr || dynamic_cast<const SmoothActivation*>(&layer) != nullptr;
}

bool carries_weight(const Layer& layer) {
  return std::ranges::any_of(layer.params(), [](const ParamSpec& spec) { return spec.shape.size() > 1; });
}

struct Deadest {
  double share = 0;  // percent
  std::string text = "none";
};

// A unit, or a channel at all its positions, is dead where it gives the same for all images.
void look_for_dead(const Net& net, const Tensor& w, const Tensor& x, const std::string& when, Deadest& deadest) {
  constexpr double kSame = 1e-6;  // of the largest output of the layer
  for (const NodeOutput& output : node_outputs(net, w, x)) {
    if (!is_nonlinearity(*output.layer)) continue;
    const Tensor units = output.value.transpose(0, 1).flatten(1);  // [units, ...]
    const Tensor range = units.amax(1) - units.amin(1);
    const int64_t dead = (range > kSame * units.abs().max()).logical_not_().sum().item<int64_t>();
    const double share = percent_of(dead, units.size(0));
    if (share <= deadest.share) continue;
    deadest = {share, share_text(dead, units.size(0)) + " of node " + std::to_string(output.node) + ", " +
                          output.layer->text() + ", " + when};
  }
}

// The largest of positive numbers over the smallest; infinite where one is zero, NaN where one is.
double factor_between(const std::vector<double>& sizes) {
  double least = HUGE_VAL, most = 0;
  for (const double size : sizes) {
    if (std::isnan(size)) return size;
    least = std::min(least, size);
    most = std::max(most, size);
  }
  return sizes.empty() ? 1 : most / least;
}

std::string range_text(const std::vector<double>& sizes) {
  const auto [least, most] = std::ranges::minmax_element(sizes);
  return brief_number(*least) + " to " + brief_number(*most);
}

}  // namespace

Finding check_dead_units(const PlannedRun& run) {
  const Net* net = net_of(*run.learner);
  if (!net) return finding(Verdict::pass, kClosed, 0, "");
  const Tensor x = draw_batch(run, kLayerImages, "dead units").x;
  Deadest deadest;
  const Tensor w = fresh_parameters(run, 0);
  look_for_dead(*net, w, x, "at the start", deadest);
  const RealSource source = planned_batches(run, "planned steps");
  const Schedule schedule = make_schedule(kPlannedSteps, run.step, run.optimizer);
  const Tensor trained = train(*net, LearnerState::start(w), source, schedule, 0, kPlannedSteps).w;
  look_for_dead(*net, trained, x, "after " + std::to_string(kPlannedSteps) + " steps", deadest);
  return finding(verdict_above(deadest.share, {.warn = 50, .fail = 80}), deadest.text, deadest.share,
                 "units that are off for every image do not learn any more; take smaller steps, a norm before them, or "
                 "leaky_relu(0.1)");
}

Finding check_layer_scales(const PlannedRun& run) {
  const Net* net = net_of(*run.learner);
  if (!net) return finding(Verdict::pass, kClosed, 0, "");
  const Batch batch = draw_batch(run, kLayerImages, "layer scales");
  const Tensor w = fresh_parameters(run, 0), gradient = net->gradient(w, batch.x, batch.y).w;
  std::vector<double> outputs, gradients;
  for (const NodeOutput& output : node_outputs(*net, w, batch.x))
    if (carries_weight(*output.layer)) outputs.push_back(std::sqrt(scalar(output.value.square().mean())));
  for (const Part& part : parts_of(*net))
    if (part.weight) gradients.push_back(scalar(part.of(gradient).norm() / part.of(w).norm()));
  if (outputs.empty()) return finding(Verdict::pass, "no weights", 1, "");
  const double forward = factor_between(outputs), backward = factor_between(gradients);
  const Limits limits{.warn = 300, .fail = 1e4};
  return finding(worse(verdict_above(forward, limits), verdict_above(backward, limits)),
                 "outputs " + range_text(outputs) + ", gradient over weight " + range_text(gradients),
                 std::isnan(forward) ? forward : std::max(backward, forward),
                 "signals fade or grow from layer to layer; put norms between them, take fewer layers or res{ } around "
                 "them, or relu for tanh");
}

}  // namespace gtn
