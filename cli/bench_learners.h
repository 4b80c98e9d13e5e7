// The learners that gtn bench measures, and how.
#pragma once

#include <string>

#include "cli/bench_autograd.h"
#include "cli/bench_measure.h"
#include "gtn/nets/net.h"

namespace gtn {

struct BenchLearner {
  std::string name;
  std::shared_ptr<const Net> net;
  int64_t batch;
};

// In the order of their work: mlp, small, base_fc, nasbench201, convnet3. 10 classes.
std::vector<BenchLearner> bench_learners();

struct BenchPlan {
  int64_t steps = 4;                            // inner steps of a meta-step
  Patience patience;                            // of the final figures
  std::vector<std::pair<Layout, Graph>> forms;  // of autograd, step by step before the whole in each layout
  double cautious_gflops = 20;                  // to forecast what the deadline leaves room for
  Deadline deadline;
};

// Times in ms, the least of several; per inner step where a meta-step is meant. What was not measured is none, and
// `skipped` says why.
struct LearnerFigures {
  Figure plain;      // one inner_step
  Figure dual;       // one second_order
  Figure meta_step;  // forward sweep and adjoint sweep, without generator and real-data loss, activations kept
  Figure lean_step;  // the same with the trajectory alone
  Figure bf16_step;  // meta_step with bfloat16 products, where the processor has them
  Figure real_loss;  // one evaluation_gradient of as many images
  Figure generator;  // the paper's generator for one batch: forward, and again with its backward
  Figure autograd;   // like meta_step, in the fastest form of reverse-over-reverse
  std::string autograd_form;
  Figure difference;  // of the image gradients of both, relative
  Figure peak_mb;     // growth of the process during one meta-gradient with the trajectory alone, beyond its inputs
  Figure kept_mb;     // the same, activations kept
  Figure autograd_peak_mb;
  Figure page_faults;  // of one dual pass, after the first two
  std::vector<std::string> skipped;
};

// `note` hears what is being measured.
LearnerFigures measure_learner(const BenchLearner& learner, const BenchPlan& plan,
                               const std::function<void(const std::string&)>& note);

// Seconds of one meta-iteration in the paper's MNIST setting: 32 steps of 128 images on base_fc, the paper's generator,
// a real-data loss after every step, the outer optimiser. The least of `iterations`.
double official_setting_seconds(int iterations, Precision precision);

}  // namespace gtn
