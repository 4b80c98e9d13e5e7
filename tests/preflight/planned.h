// A small planned run in which nothing is wrong, and pieces to put something wrong into it.
#pragma once

#include <gtest/gtest.h>

#include "gtn/nets/spec.h"
#include "gtn/preflight/checks.h"

namespace gtn {

constexpr int64_t kRows = 12;

// Three classes of images [1, rows, rows] that any network tells apart: noise, and one brighter third of the rows.
inline Dataset bright_rows(const std::string& name, int64_t count, int64_t rows = kRows) {
  const Tensor labels = at::arange(count, at::kLong) % 3;
  Tensor images = Key(static_cast<uint64_t>(count)).split(name).uniform({count, 1, rows, rows}, 0, 150);
  for (int64_t i = 0; i < count; ++i) images[i][0].narrow(0, rows / 3 * (i % 3), rows / 3).add_(100);
  return make_dataset(name, images.to(at::kByte), labels, {"top", "middle", "bottom"});
}

inline std::shared_ptr<const Net> bright_net(const std::string& text, int64_t rows = kRows) {
  return make_net(text, {1, rows, rows}, 3);
}

inline PlannedRun healthy_run(LearnerPtr learner, int64_t rows = kRows) {
  const auto images = [&](const char* split, int64_t count) { return bright_rows(split, count, rows); };
  PlannedRun run{.splits = {images("training", 240), images("validation", 90), images("test", 60), {}},
                 .learner = std::move(learner),
                 .batch = 30,
                 .step = {0.02, 0.5},
                 .steps = 30};
  run.splits.normalization = measure_normalization(run.splits.train.images);
  return run;
}
inline PlannedRun healthy_run(const std::string& learner = "mlp", int64_t rows = kRows) {
  return healthy_run(bright_net(learner, rows), rows);
}

// What a check says of a run. A test that fails shows the figure.
inline Finding found(Finding (*check)(const PlannedRun&), const PlannedRun& run) {
  Finding finding = check(run);
  EXPECT_EQ(finding.advice.empty(), finding.verdict == Verdict::pass) << finding.figure << ": " << finding.advice;
  EXPECT_FALSE(finding.figure.empty());
  return finding;
}

inline void expect_fault(Finding (*check)(const PlannedRun&), const PlannedRun& run, const std::string& figure) {
  const Finding finding = found(check, run);
  EXPECT_EQ(name_of(finding.verdict), "fail") << finding.figure;
  EXPECT_NE((finding.figure + "; " + finding.advice).find(figure), std::string::npos)
      << finding.figure << "; " << finding.advice;
}

// Another learner with a fault in it: whatever a test overrides.
class Faulty : public Learner {
 public:
  explicit Faulty(const std::string& text) : net_(bright_net(text)) {}

  std::string text() const override { return net_->text(); }
  int64_t parameter_count() const override { return net_->parameter_count(); }
  Tensor initial(const Key& key) const override { return net_->initial(key); }
  Gradient gradient(const Tensor& w, const Tensor& x, const Tensor& y) const override {
    return net_->gradient(w, x, y);
  }
  SecondOrder second_order(const Tensor& w, const Tensor& u, const Tensor& x, const Tensor& y) const override {
    return net_->second_order(w, u, x, y);
  }
  Statistics calibrate(const Tensor& w, const Tensors& calibration) const override {
    return net_->calibrate(w, calibration);
  }
  Tensor logits(const Tensor& w, const Tensor& x, const Statistics& statistics) const override {
    return net_->logits(w, x, statistics);
  }
  Tensor input_gradient(const Tensor& w, const Tensor& x, const Tensor& y, const Statistics& s) const override {
    return net_->input_gradient(w, x, y, s);
  }
  EvaluationGradient evaluation_gradient(const Tensor& w, const Tensor& x, const Tensor& y,
                                         const Tensors& calibration) const override {
    return net_->evaluation_gradient(w, x, y, calibration);
  }

 private:
  std::shared_ptr<const Net> net_;
};

// y = scale x + shift: a layer that fades, shuts off or saturates what follows.
class Affine final : public Layer {
 public:
  Affine(double scale, double shift) : scale_(scale), shift_(shift) {}

  std::string text() const override { return "affine"; }
  Shape output_shape(const Shape& input) const override { return input; }
  Dual forward(std::span<const Dual>, const Dual& x, Tape&) const override {
    Dual y = x * scale_;
    y.value = y.value + shift_;
    return y;
  }
  Dual backward(std::span<const Dual>, const Dual& grad_y, Tape&, std::span<Dual>) const override {
    return grad_y * scale_;
  }

 private:
  double scale_, shift_;
};

// The net with such a layer after the node number `after`.
inline LearnerPtr with_affine(const std::string& text, int after, double scale, double shift) {
  const auto net = bright_net(text);
  std::vector<Node> nodes = net->nodes();
  nodes.insert(nodes.begin() + after + 1, {{after}, std::make_shared<Affine>(scale, shift)});
  for (size_t i = static_cast<size_t>(after) + 2; i < nodes.size(); ++i)
    for (int& input : nodes[i].inputs) input += input >= after;
  return std::make_shared<Net>("with affine: " + text, net->input(), net->classes(), std::move(nodes));
}

}  // namespace gtn
