#include "gtn/nets/pass_memory.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace gtn {
namespace {

constexpr auto kFloat = static_cast<int64_t>(sizeof(float));
constexpr int64_t kPlainVectors = 3;  // of the size of w: the gradient by layers, permuted, and as one
constexpr int64_t kDualVectors = 9;   // both gradients likewise, the direction, and the adjoints of w and v
constexpr int64_t kNormedCopies = 3;  // of a weight under weight norm and its tangent: unit length, scaled, gradient

int64_t size_of(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

// Walks a net's stages forwards and backwards and notes how many elements of one example are held at most.
class Walk {
 public:
  Walk(const Net& net, Pass pass)
      : stages_(net.stages()), pass_(pass), kept_(stages_.size()), readers_(stages_.size()) {
    for (size_t i = 0; i < stages_.size(); ++i) {
      for (const int input : stages_[i].inputs) {
        if (input < 0) continue;
        readers_[index(input)].push_back(i);
        if (stages_[i].computes && !sums(i)) kept_[index(input)] = true;
      }
    }
  }

  int64_t peak() {
    forward();
    backward();
    return peak_;
  }

 private:
  static size_t index(int stage) { return static_cast<size_t>(stage); }
  int64_t copies() const { return pass_ == Pass::dual ? 2 : 1; }
  // A product of two factors with tangents adds two terms: both and the sum are there at once.
  int64_t terms() const { return pass_ == Pass::dual ? 2 : 0; }
  void hold(int64_t elements) { peak_ = std::max(peak_, held_ += copies() * elements); }
  void release(int64_t elements) { held_ -= copies() * elements; }
  void pass_by(int64_t elements) { peak_ = std::max(peak_, held_ + elements); }

  // A stage that reads a sum keeps the sum; one with a single input keeps the output of that.
  bool sums(size_t i) const { return stages_[i].inputs.size() > 1; }
  bool reads_image(size_t i) const { return stages_[i].inputs == std::vector{-1}; }

  void forward() {
    for (size_t i = 0; i < stages_.size(); ++i) {
      const Net::Stage& stage = stages_[i];
      if (sums(i)) hold(stage.input_elements);
      if (stage.computes) hold(stage.elements);
      if (stage.computes && !reads_image(i)) pass_by(terms() * stage.elements);
      for (const int input : stage.inputs)
        if (input >= 0 && !kept_[index(input)] && stages_[index(input)].computes && readers_[index(input)].back() == i)
          release(stages_[index(input)].elements);
    }
  }

  // A stage's backward pass holds its gradients at both ends; then what it read is free, unless an earlier one read it.
  void backward() {
    std::vector<bool> waiting(stages_.size());  // whether there is a gradient at the stage's output
    waiting.back() = true;
    hold(stages_.back().elements);
    for (size_t i = stages_.size(); i-- > 0;) {
      const Net::Stage& stage = stages_[i];
      if (stage.computes && !reads_image(i)) pass_by((copies() + terms()) * stage.input_elements);
      for (const int input : stage.inputs) {
        if (input < 0 || waiting[index(input)]) continue;
        waiting[index(input)] = true;
        hold(stages_[index(input)].elements);
      }
      if (waiting[i]) release(stage.elements);
      if (sums(i)) release(stage.input_elements);
      for (const int input : stage.inputs)
        if (input >= 0 && kept_[index(input)] && stages_[index(input)].computes && readers_[index(input)].front() == i)
          release(stages_[index(input)].elements);
    }
  }

  std::vector<Net::Stage> stages_;
  Pass pass_;
  std::vector<bool> kept_;                    // whether a stage's output is kept for a backward pass
  std::vector<std::vector<size_t>> readers_;  // of each stage's output
  int64_t held_ = 0, peak_ = 0;
};

}  // namespace

int64_t activation_bytes(const Net& net, int64_t batch) {
  int64_t elements = 0;
  for (const Net::Stage& stage : net.stages()) elements += stage.elements;
  return kFloat * batch * elements;
}

int64_t pass_bytes(const Net& net, int64_t batch, Pass pass) {
  const bool dual = pass == Pass::dual;
  int64_t normed = 0;
  for (const ParamSpec& spec : net.params())
    if (spec.name.ends_with(".direction")) normed += size_of(spec.shape);
  return kFloat * (batch * Walk(net, pass).peak() + (dual ? kDualVectors : kPlainVectors) * net.parameter_count() +
                   kNormedCopies * (dual ? 2 : 1) * normed);
}

int64_t evaluation_bytes(const Net& net, int64_t images, int64_t calibration) {
  const bool calibrated = std::ranges::any_of(
      net.nodes(), [](const Node& node) { return node.layer && !node.layer->statistics().empty(); });
  return pass_bytes(net, images, Pass::plain) + (calibrated ? pass_bytes(net, calibration, Pass::plain) : 0);
}

}  // namespace gtn
