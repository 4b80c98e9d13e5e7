#include <cmath>

#include "gtn/preflight/checks.h"
#include "gtn/preflight/probe.h"

namespace gtn {
namespace {

constexpr int64_t kStartImages = 64;
constexpr uint64_t kFreshDraws = 3;   // of fresh parameters
constexpr double kNoGradient = 1e-6;  // of the largest: rounding of a gradient that is zero

double relative_gap(double a, double b) { return std::abs(a - b) / std::max(std::abs(b), 1e-30); }

// Where no element of the gradients differs from zero by more than rounding: a mask of their shape.
Tensor without_gradient(const Tensors& gradients) {
  Tensor none = at::ones_like(gradients.front(), at::kBool);
  for (const Tensor& g : gradients) none.logical_and_(g.abs() <= kNoGradient * g.abs().max());
  return none;
}

}  // namespace

Finding check_initial_loss(const PlannedRun& run) {
  const Batch batch = draw_batch(run, kStartImages, "initial loss");
  double loss = 0;
  for (uint64_t i = 0; i < kFreshDraws; ++i)
    loss += loss_of(batch_logits(*run.learner, fresh_parameters(run, i), batch.x), batch.y) / kFreshDraws;
  const double ideal = std::log(static_cast<double>(batch.y.size(1))), off = loss - ideal;
  Verdict verdict = verdict_above(off, {.warn = 3, .fail = 10});
  if (off < -0.2 * ideal) verdict = Verdict::fail;
  return finding(verdict, brief_number(loss) + ", ln(classes) is " + brief_number(ideal), off,
                 off < 0
                     ? "a fresh learner cannot know the labels; look for parameters that are not fresh"
                     : "the learner begins sure of wrong answers; make the last layer's weights smaller, put a norm "
                       "before it, or look at the normalisation");
}

Finding check_loss_scale(const PlannedRun& run) {
  const Learner& learner = *run.learner;
  const Batch batch = draw_batch(run, kStartImages, "loss scale");
  const Tensor w = fresh_parameters(run, 0);
  const auto loss = [&](const Tensor& x, const Tensor& y) { return scalar(learner.gradient(w, x, y).loss); };
  const double once = loss(batch.x, batch.y);
  const double logits = relative_gap(once, loss_of(batch_logits(learner, w, batch.x), batch.y));
  const double twice = relative_gap(loss(at::cat({batch.x, batch.x}), at::cat({batch.y, batch.y})), once);
  const double doubled = relative_gap(loss(batch.x, 2 * batch.y), 2 * once);
  double off = 0;
  for (const double difference : {logits, twice, doubled})
    if (!(difference <= off)) off = difference;
  constexpr Limits kLimits{.warn = 1e-3, .fail = 1e-2};
  std::string advice = "the loss has to be the cross-entropy of the logits that the learner is judged by";
  if (doubled > kLimits.warn) advice = "the loss has to be linear in the labels";
  if (twice > kLimits.warn) advice = "the loss has to be a mean over the batch, not a sum";
  return finding(verdict_above(off, kLimits), "off by " + brief_number(off), off, advice);
}

Finding check_inputs_used(const PlannedRun& run) {
  const Learner& learner = *run.learner;
  const Batch batch = draw_batch(run, kStartImages, "inputs used");
  Tensors gradients;
  for (uint64_t i = 0; i < kFreshDraws; ++i) {
    const Tensor w = fresh_parameters(run, i);
    gradients.push_back(learner.input_gradient(w, batch.x, batch.y, learner.calibrate(w, {batch.x})).abs().amax(0));
  }
  const int64_t all = gradients.front().numel(), unused = without_gradient(gradients).sum().item<int64_t>();
  const double share = percent_of(unused, all);
  return finding(
      verdict_above(share, {.warn = 2, .fail = 25}), share_text(unused, all) + " unused", share,
      "parts of the image never reach the answer; look for strides larger than their kernels, cropped borders "
      "and layers that are not connected");
}

Finding check_parameters_used(const PlannedRun& run) {
  const Batch batch = draw_batch(run, kStartImages, "parameters used");
  Tensors gradients;
  for (uint64_t i = 0; i < kFreshDraws; ++i)
    gradients.push_back(run.learner->gradient(fresh_parameters(run, i), batch.x, batch.y).w);
  const Tensor none = without_gradient(gradients);
  const int64_t unused = none.sum().item<int64_t>();
  const double share = percent_of(unused, none.numel());
  Verdict verdict = verdict_above(share, {.warn = 15, .fail = 40});
  std::string figure = share_text(unused, none.numel()) + " without gradient";
  std::string advice =
      "units that are off for every image learn nothing; put a norm before them, or take leaky_relu(0.1)";
  for (const Part& part : parts_of(*run.learner)) {
    if (!part.weight || !part.of(none).all().item<bool>()) continue;
    verdict = Verdict::fail;
    figure += ", all of " + part.name;
    advice = "the layer of " + part.name + " cannot learn; it is not connected, or what follows it passes nothing on";
    break;
  }
  return finding(verdict, figure, share, advice);
}

Finding check_images_apart(const PlannedRun& run) {
  constexpr int64_t kAlone = 4;
  const Learner& learner = *run.learner;
  const Batch batch = draw_batch(run, kStartImages, "images apart");
  const Tensor w = fresh_parameters(run, 0);
  const Statistics statistics = learner.calibrate(w, {batch.x});
  const Tensor together = learner.logits(w, batch.x, statistics);
  double off = 0;
  for (int64_t i = 0; i < kAlone; ++i) {
    const Tensor alone = learner.logits(w, batch.x.narrow(0, i, 1), statistics);
    const double difference = scalar((alone[0] - together[i]).abs().max() / at::clamp_min(together.abs().max(), 1e-30));
    if (!(difference <= off)) off = difference;
  }
  return finding(
      verdict_above(off, {.warn = 1e-3, .fail = 1e-2}), "off by " + brief_number(off), off,
      "what a trained learner says of an image changes with the images beside it; look for a sum, a view or a "
      "statistic over the batch");
}

}  // namespace gtn
