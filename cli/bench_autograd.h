// The usual way to a meta-gradient, reverse over reverse by autograd: what gtn bench sets its figures against.
#pragma once

#include <string>

#include "cli/bench_problem.h"
#include "gtn/nets/autograd_net.h"

namespace gtn {

enum class Layout { channels_last, contiguous };
enum class Graph {
  step_by_step,  // of one step at a time, made anew in the adjoint sweep
  whole,         // one through all steps
};

// One way of doing it.
class AutogradPeer {
 public:
  // `problem` is that of the measured net: the peer lays its images out in its own way.
  AutogradPeer(const std::shared_ptr<const Net>& net, const MetaProblem& problem, Layout layout, Graph graph);

  // "channels-last, step by step"
  std::string text() const;
  MetaGradient meta_gradient() const;
  // The real-data loss alone, which meta_gradient() ends with.
  void real_loss() const;

 private:
  MetaGradient whole_graph() const;

  Layout layout_;
  Graph graph_;
  AutogradNet::Function function_;
  AutogradNet learner_;
  MetaProblem problem_;
};

// |a - b| / |b| over the gradients of all synthetic images.
double relative_difference(const MetaGradient& a, const MetaGradient& b);

}  // namespace gtn
