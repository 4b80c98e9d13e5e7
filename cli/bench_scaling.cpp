#include "cli/bench_scaling.h"

#include <cmath>
#include <map>

#include "cli/bench_autograd.h"
#include "gtn/nets/pass_memory.h"
#include "gtn/nets/spec.h"

namespace gtn {
namespace {

constexpr int64_t kDigits = 10;
constexpr int64_t kNoLimit = int64_t{1} << 50;  // every step keeps its activations
constexpr double kCalls = 12;                   // the work of a case, in lean meta-gradients, about

std::string scaled_text(int64_t width) {
  const auto block = [](int64_t channels) {
    return "conv(" + std::to_string(channels) + ") norm(batch) relu maxpool(2) ";
  };
  return block(width) + block(2 * width) + "flatten linear(classes)";
}

std::shared_ptr<const Net> learner_of(const ScalingCase& c) {
  return make_net(scaled_text(c.width), {1, 28, 28}, kDigits);
}

double megabytes(int64_t floats) { return 4e-6 * static_cast<double>(floats); }

// What the unroll's memory should be, in MB. A step leaves (w, v) and its gradient at the images.
double step_mb(const Net& net, const ScalingCase& c) {
  return megabytes(2 * net.parameter_count() + c.batch * (28 * 28 + kDigits));
}
double bound_mb(const Net& net, const ScalingCase& c) {
  return megabytes(2 * net.parameter_count()) + step_mb(net, c) * static_cast<double>(c.steps) +
         3e-6 * static_cast<double>(activation_bytes(net, c.batch));
}

class Scaling {
 public:
  Scaling(const ScalingPlan& plan, const std::function<void(const std::string&)>& note) : plan_(plan), note_(note) {}

  ScalingReport run() {
    ScalingReport report{.plan = plan_,
                         .machine = describe_machine(),
                         .threads = at::get_num_threads(),
                         .learner = scaled_text(plan_.base.width),
                         .figures = {},
                         .skipped = {}};
    warm_up();
    for (const Sweep& sweep : plan_.sweeps) {
      std::vector<ScalingFigures>& row = report.figures.emplace_back();
      for (const int64_t value : sweep.values) {
        ScalingCase c = plan_.base;
        c.*sweep.variable = value;
        const std::string what = std::to_string(value) + " " + sweep.name;
        note_(what);
        row.push_back(figures_of(c, what));
      }
    }
    report.skipped = std::move(skipped_);
    return report;
  }

 private:
  // A first call pays for what LibTorch makes once.
  void warm_up() {
    const auto net = learner_of(plan_.base);
    rate_ = seconds_of([&] { meta_gradient(*net, random_problem(*net, plan_.base.batch, 2), kNoLimit); }) /
            work_of(*net, {2, plan_.base.batch, plan_.base.width, 1});
  }

  static double work_of(const Net& net, const ScalingCase& c) {
    return static_cast<double>(net.plain_multiply_adds() + net.dual_multiply_adds()) *
           static_cast<double>(c.batch * c.steps * c.learners);
  }

  // Sweeps meet in the base: it is measured once.
  ScalingFigures figures_of(const ScalingCase& c, const std::string& what) {
    const auto known = known_.find(c);
    return known != known_.end() ? known->second : known_[c] = measure(c, what);
  }

  ScalingFigures measure(const ScalingCase& c, const std::string& what) {
    const auto net = learner_of(c);
    ScalingFigures f;
    f.bound_mb = bound_mb(*net, c);
    f.step_mb = step_mb(*net, c);
    if (!plan_.deadline.affords(kCalls * rate_ * work_of(*net, c))) {
      skipped_.push_back(what + ": no time left");
      return f;
    }
    const MetaProblem problem = random_problem(*net, c.batch, c.steps);
    const auto repeated = [&](const std::function<MetaGradient()>& gradient) -> Work {
      return [n = c.learners, gradient] {
        for (int64_t i = 0; i < n; ++i) gradient();
      };
    };
    const Work lean = repeated([&] { return meta_gradient(*net, problem); });
    const Work kept = repeated([&] { return meta_gradient(*net, problem, kNoLimit); });
    const AutogradPeer peer(net, problem, Layout::channels_last, Graph::whole);
    f.lean_mb = peak_growth_mb(lean);
    f.kept_mb = peak_growth_mb(kept);
    Work autograd;
    if (fits(*net, c)) {
      autograd = repeated([&] { return peer.meta_gradient(); });
      f.autograd_mb = peak_growth_mb(autograd);
      if (f.autograd_mb) autograd_share_ = *f.autograd_mb / graph_size(*net, c);
    } else {
      skipped_.push_back(what + ", autograd: one graph needs more memory than is free");
    }
    const std::vector<Figure> seconds = fastest({lean, kept, autograd}, plan_.patience);
    f.lean_s = seconds[0];
    f.kept_s = seconds[1];
    f.autograd_s = seconds[2];
    if (f.lean_s) rate_ = *f.lean_s / work_of(*net, c);
    return f;
  }

  static double graph_size(const Net& net, const ScalingCase& c) {
    return static_cast<double>(activation_bytes(net, c.batch)) * static_cast<double>(c.steps);
  }

  // Whether autograd's graph will fit, by how large it last was beside the activations; 16 times before any was seen.
  bool fits(const Net& net, const ScalingCase& c) const {
    const Figure free = available_mb();
    return !free || autograd_share_.value_or(16e-6) * graph_size(net, c) < 0.7 * *free;
  }

  const ScalingPlan& plan_;
  const std::function<void(const std::string&)>& note_;
  double rate_ = 0;  // seconds of a multiply-add, in the last case
  Figure autograd_share_;
  std::map<ScalingCase, ScalingFigures> known_;
  std::vector<std::string> skipped_;
};

}  // namespace

ScalingPlan scaling_plan(bool quick) {
  using Case = ScalingCase;
  if (quick)
    return {.base = {2, 8, 4, 1},
            .sweeps = {{"steps", &Case::steps, {2, 4}},
                       {"batch", &Case::batch, {8, 16}},
                       {"width", &Case::width, {4, 8}},
                       {"learners", &Case::learners, {1, 2}}},
            .patience = {.rounds = 1, .slice = 0, .enough = 0.1, .calls = 1},
            .deadline = {}};
  return {.base = {},
          .sweeps = {{"steps", &Case::steps, {4, 8, 16, 32, 64}},
                     {"batch", &Case::batch, {16, 32, 64, 128, 256}},
                     {"width", &Case::width, {8, 16, 32, 64, 128}},
                     {"learners", &Case::learners, {1, 2, 4}}},
          .deadline = Deadline(std::chrono::seconds(210))};
}

ScalingReport measure_scaling(const ScalingPlan& plan, const std::function<void(const std::string&)>& note) {
  return Scaling(plan, note).run();
}

}  // namespace gtn
