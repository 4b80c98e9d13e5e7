#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "gtn/data/real_source.h"
#include "gtn/nets/spec.h"
#include "gtn/preflight/checks.h"
#include "gtn/preflight/probe.h"
#include "gtn/unroll/accuracy.h"
#include "gtn/unroll/real_training.h"

namespace gtn {
namespace {

// Adam, which learns most networks at one step size.
RealTrainingConfig trial_training(const PlannedRun& run) {
  return {.steps = run.steps, .batch = 64, .optimizer = InnerOptimizer::adam, .lr = 0.003, .momentum = 0.9};
}

double trained_accuracy(const PlannedRun& run, const Learner& learner) {
  const TrainedNet net =
      train_on_real(learner, run.splits, trial_training(run), run.key.split("simple models"), run.device);
  return accuracy(learner, net.w, net.statistics, run.splits.validation, run.splits.normalization, run.images,
                  run.device);
}

LearnerPtr simple_net(const PlannedRun& run, const std::string& text) {
  const Tensor& images = run.splits.train.images;
  return make_net(text, {images.size(1), images.size(2), images.size(3)}, run.splits.train.classes());
}

LearnerPtr small_net(const PlannedRun& run) {
  const Tensor& images = run.splits.train.images;
  const bool has_room = std::min(images.size(2), images.size(3)) >= 8;
  return simple_net(run, has_room ? "conv(8) relu maxpool(2) conv(16) relu maxpool(2) flatten linear(classes)"
                                  : "flatten linear(32) relu linear(classes)");
}

// The shares of the classes among so many labels [K], float64.
Tensor class_shares(const Dataset& data, int64_t count) {
  const Tensor labels = data.labels.narrow(0, 0, count);
  return at::bincount(labels, {}, data.classes()).to(at::kDouble) / static_cast<double>(count);
}

// Labels that say nothing of the image: those of each class become all labels, in the shares of the whole, in an order
// drawn at random.
Tensor shuffled_labels(const Dataset& data, const Key& key) {
  const Tensor sorted = std::get<0>(data.labels.sort());
  Tensor labels = data.labels.clone();
  for (int64_t k = 0; k < data.classes(); ++k) {
    const Tensor places = at::nonzero(data.labels == k).flatten();
    const int64_t count = places.numel();
    if (count == 0) continue;
    const Tensor spread = at::div((2 * at::arange(count, at::kLong) + 1) * data.size(), 2 * count, "floor");
    const Tensor order = key.split(static_cast<uint64_t>(k)).permutation(count);
    labels.index_copy_(0, places, sorted.index_select(0, spread).index_select(0, order));
  }
  return labels;
}

// Of the images that trainings are judged on.
double validation_loss(const PlannedRun& run, const Tensor& w, const Statistics& statistics) {
  const int64_t images = std::min(run.images, run.splits.validation.size());
  double sum = 0;
  for (int64_t first = 0; first < images; first += kImagesAtOnce) {
    const int64_t count = std::min(kImagesAtOnce, images - first);
    const Batch batch = slice(run.splits.validation, run.splits.normalization, first, count, run.device);
    sum += loss_of(run.learner->logits(w, batch.x, statistics), batch.y) * static_cast<double>(count);
  }
  return sum / static_cast<double>(images);
}

// Trains on the batch alone, for at most `steps` steps, until `done` says so of the logits. Returns them.
Tensor overfitted(const PlannedRun& run, const Batch& batch, int64_t steps, double lr,
                  const std::function<bool(const Tensor& logits)>& done) {
  constexpr int64_t kAtOnce = 10;
  const Learner& learner = *run.learner;
  LearnerState state = LearnerState::start(fresh_parameters(run, 0));
  Tensor logits;
  for (int64_t t = 0; t < steps; ++t) {
    state = inner_step(learner, state, batch, {lr, 0.9}, InnerOptimizer::adam);
    if ((t + 1) % kAtOnce != 0) continue;
    logits = batch_logits(learner, state.w, batch.x);
    if (done(logits)) break;
  }
  return logits;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double variance_of(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum / static_cast<double>(values.size() - 1);
}

// The least of the rows' means, each with twice its standard error on top. Few values may agree by chance, so all rows
// share one variance, but for the first, whose values are of another kind.
double least_for_sure(const std::vector<std::vector<double>>& rows) {
  double shared = 0;
  for (size_t i = 1; i < rows.size(); ++i) shared += variance_of(rows[i]) / static_cast<double>(rows.size() - 1);
  double least = HUGE_VAL;
  for (size_t i = 0; i < rows.size(); ++i) {
    const double variance = i == 0 ? variance_of(rows[i]) : shared;
    const double here = mean_of(rows[i]) + 2 * std::sqrt(variance / static_cast<double>(rows[i].size()));
    least = std::min(least, std::isnan(here) ? HUGE_VAL : here);
  }
  return least;
}

constexpr int64_t kOverfitSteps = 200;
constexpr std::array<double, 2> kOverfitSizes{0.003, 0.01};

double percent_right(const Tensor& logits, const Batch& batch) {
  return percent_of((logits.argmax(1) == batch.y.argmax(1)).sum().item<int64_t>(), batch.y.size(0));
}

}  // namespace

double difference_by_chance(double percent, int64_t images) {
  const double share = percent / 100;
  return 200 * std::sqrt(2 * share * (1 - share) / static_cast<double>(images));
}

Finding check_simple_models(const PlannedRun& run) {
  const Dataset& judged = run.splits.validation;
  const int64_t images = std::min(run.images, judged.size());
  const double linear = trained_accuracy(run, *simple_net(run, "flatten linear(classes)"));
  const double small = trained_accuracy(run, *small_net(run));
  const double own = trained_accuracy(run, *run.learner), simple = std::max(linear, small);
  const double chance = scalar(class_shares(judged, images).max());
  const double margin = std::max(0.03, 3 * std::sqrt(chance * (1 - chance) / static_cast<double>(images)));
  const double guess = 100 * chance, better = 100 * (chance + margin);
  const double allowed = std::max(2.0, difference_by_chance(simple, images));
  Verdict verdict = own - simple < -allowed ? Verdict::warn : Verdict::pass;
  std::string advice =
      "a simpler model learns faster; beat it before the long run, with other steps or another learner";
  if (own < better) {
    verdict = Verdict::fail;
    advice = "the learner learns nothing where simple models do; see the checks above";
  }
  if (simple < better) {
    verdict = Verdict::fail;
    advice = "simple models learn nothing: do the labels belong to the images, and is it a task for " +
             std::to_string(run.steps) + " steps?";
  }
  return finding(verdict,
                 "linear " + percent_text(linear) + ", small net " + percent_text(small) + ", the learner " +
                     percent_text(own) + "; guessing " + percent_text(guess),
                 own - simple, advice);
}

Finding check_one_image(const PlannedRun& run) {
  constexpr double kLearned = 0.05;
  const Batch batch = draw_batch(run, 1, "one image");
  double loss = HUGE_VAL;
  for (const double lr : kOverfitSizes) {
    const Tensor logits =
        overfitted(run, batch, kOverfitSteps, lr, [&](const Tensor& z) { return loss_of(z, batch.y) <= kLearned; });
    const double here = loss_of(logits, batch.y);
    if (!std::isnan(here)) loss = std::min(loss, here);
    if (loss <= kLearned) break;
  }
  return finding(
      verdict_above(loss, {.warn = kLearned, .fail = kLearned}), "loss " + brief_number(loss), loss,
      "a network that cannot learn one image by heart is broken; see the gradient, and whether its parameters "
      "are used");
}

Finding check_one_batch(const PlannedRun& run) {
  const Batch batch = draw_batch(run, 32, "one batch");
  double right = 0;
  for (const double lr : kOverfitSizes) {
    const auto all_right = [&](const Tensor& logits) { return percent_right(logits, batch) == 100; };
    right = std::max(right, percent_right(overfitted(run, batch, kOverfitSteps, lr, all_right), batch));
    if (right == 100) break;
  }
  Verdict verdict = right >= 90 ? Verdict::warn : Verdict::fail;
  if (right == 100) verdict = Verdict::pass;
  return finding(verdict, percent_text(right) + " of 32 images right", right,
                 "the learner is too small for these images, or equal images have different labels, or its gradient is "
                 "wrong");
}

Finding check_shuffled_labels(const PlannedRun& run) {
  constexpr uint64_t kShuffles = 3;  // any may help by chance, where its last batches happened to be nearly right
  constexpr int64_t kLooks = 5;
  const Dataset& judged = run.splits.validation;
  const int64_t every = std::max<int64_t>(run.steps / kLooks, 1);
  const Tensor calibration = draw_batch(run, 64, "shuffled calibration").x;
  std::vector<std::vector<double>> losses(static_cast<size_t>(run.steps / every) + 1);  // of each shuffle, by time
  for (uint64_t i = 0; i < kShuffles; ++i) {
    const Key key = run.key.split("shuffled labels").split(i);
    const auto look = [&](int64_t steps, const LearnerState& state) {
      if (steps % every == 0)
        losses[static_cast<size_t>(steps / every)].push_back(
            validation_loss(run, state.w, run.learner->calibrate(state.w, {calibration})));
    };
    Splits shuffled = run.splits;
    shuffled.train.labels = shuffled_labels(run.splits.train, key.split("labels"));
    look(0, LearnerState::start(run.learner->initial(key.split("initial")).to(run.device)));
    train_on_real(*run.learner, shuffled, trial_training(run), key, run.device, look);
  }
  const double least = least_for_sure(losses);
  const Tensor shares = class_shares(judged, std::min(run.images, judged.size()));
  const double guessing = -scalar(at::xlogy(shares, shares).sum()), ratio = least / guessing;
  Verdict verdict = ratio >= 0.95 ? Verdict::pass : Verdict::warn;
  if (!(ratio >= 0.85)) verdict = Verdict::fail;
  return finding(verdict, "loss " + brief_number(least) + ", guessing " + brief_number(guessing), ratio,
                 "the learner knows labels that it was never told: is it fresh, and is it judged on images apart from "
                 "those of its training?");
}

}  // namespace gtn
