#include "cli/bench_learners.h"

#include <algorithm>
#include <cmath>

#include "cli/bench_autograd.h"
#include "cli/common.h"
#include "gtn/core/machine.h"
#include "gtn/nets/genotype.h"
#include "gtn/nets/spec.h"
#include "gtn/teacher/meta_trainer.h"

namespace gtn {
namespace {

constexpr int64_t kClasses = 10;
constexpr int64_t kAllMemory = int64_t{1} << 50;  // every step keeps its activations
constexpr const char* kSmall =
    "conv(16) norm(batch) relu maxpool(2) conv(32) norm(batch) relu maxpool(2) flatten linear(classes)";
constexpr const char* kCell =
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|";

// All that is timed of one learner, over one random problem.
class Bench {
 public:
  Bench(const BenchLearner& learner, const BenchPlan& plan, const std::function<void(const std::string&)>& note)
      : learner_(learner), net_(*learner.net), plan_(plan), note_(note) {}

  LearnerFigures run() {
    if (!plan_.deadline.affords(forecast())) {
      skip("all of it: no time left");
      return std::move(figures_);
    }
    problem_ = random_problem(net_, learner_.batch, plan_.steps);
    u_ = Key(2).normal({net_.parameter_count()});
    note_("memory");
    figures_.peak_mb = peak_growth_mb([&] { gradient_ = meta_gradient(net_, problem_); });
    figures_.kept_mb = peak_growth_mb([&] { gradient_ = meta_gradient(net_, problem_, kAllMemory); });
    count_page_faults();
    choose_peer();
    if (plan_.deadline.affords((peer_ ? 4 : 2) * ours_)) {
      note_("times");
      measure_times();
    } else {
      skip("times: no time left");
    }
    return std::move(figures_);
  }

 private:
  // Seconds that a first look takes: one meta-gradient and a few passes.
  double forecast() const {
    const auto step = static_cast<double>(net_.plain_multiply_adds() + net_.dual_multiply_adds());
    const double gflop = 2e-9 * step * static_cast<double>(learner_.batch * plan_.steps);
    return 2 * gflop / plan_.cautious_gflops;
  }

  void dual_pass() const {
    const Batch& batch = problem_.synthetic.front();
    net_.second_order(problem_.w0, u_, batch.x, batch.y);
  }

  void count_page_faults() {
    constexpr int kFirst = 2, kCounted = 2;
    for (int i = 0; i < kFirst; ++i) dual_pass();
    const int64_t before = page_faults();
    for (int i = 0; i < kCounted; ++i) dual_pass();
    figures_.page_faults = static_cast<double>(page_faults() - before) / kCounted;
  }

  // Runs every form of autograd that time and memory allow, and keeps the fastest.
  void choose_peer() {
    ours_ = seconds_of([&] { meta_gradient(net_, problem_, kAllMemory); });
    double least = INFINITY;
    Figure step_mb;  // of one step's graph, in the same layout
    for (const auto& [layout, graph] : plan_.forms) {
      const auto peer = std::make_shared<const AutogradPeer>(learner_.net, problem_, layout, graph);
      if (!plan_.deadline.affords(6 * ours_)) {
        skip("autograd, " + peer->text() + ": no time left");
      } else if (graph == Graph::whole && !fits(step_mb)) {
        skip("autograd, " + peer->text() + ": needs more memory than is free");
      } else {
        note_("autograd, " + peer->text());
        MetaGradient gradient;
        const Figure mb = peak_growth_mb([&] { gradient = peer->meta_gradient(); });
        if (graph == Graph::step_by_step) step_mb = mb;
        const double seconds = seconds_of([&] { peer->meta_gradient(); });
        if (seconds >= least) continue;
        least = seconds;
        peer_ = peer;
        figures_.autograd_form = peer->text();
        figures_.autograd_peak_mb = mb;
        figures_.difference = relative_difference(gradient_, gradient);
      }
    }
  }

  // One graph through all steps holds what a single step's graph does, for every step.
  bool fits(const Figure& step_mb) const {
    const Figure free = available_mb();
    return !step_mb || !free || *step_mb * static_cast<double>(plan_.steps) < 0.8 * *free;
  }

  void skip(const std::string& what) { figures_.skipped.push_back(what); }

  // The paper's generator for one batch: written out for the forward sweep, and differentiated after the adjoint one.
  Work generator_work() const {
    const Generator generator(GeneratorConfig{}, net_.input(), kClasses);
    Tensors params;
    for (const NamedTensor& p : generator.initial(Key(3))) params.push_back(p.tensor.requires_grad_());
    const Tensor z = Key(4).normal({learner_.batch, GeneratorConfig{}.noise}).requires_grad_();
    params.push_back(z);
    return [=, y = problem_.real.y, direction = problem_.real.x] {
      const auto images = [&] { return generator.forward(std::span(params).first(params.size() - 1), z, y); };
      {
        NoGrad no_grad;
        images();
      }
      WithGrad with_grad;
      torch::autograd::grad({images()}, params, {direction});
    };
  }

  void measure_times() {
    enum Piece : size_t {
      plain,
      dual,
      meta,
      lean,
      bf16,
      real_loss,
      generator,
      autograd,
      autograd_loss,
      bf16_loss,
      count
    };
    const LearnerState start = LearnerState::start(problem_.w0);
    const Batch &first = problem_.synthetic.front(), &last = problem_.synthetic.back(), &real = problem_.real;
    std::vector<Work> pieces(count);
    pieces[plain] = [&] { inner_step(net_, start, first, {}); };
    pieces[dual] = [&] { dual_pass(); };
    pieces[meta] = [&] { meta_gradient(net_, problem_, kAllMemory); };
    const std::shared_ptr<const Net> rounded = net_.in(Precision::bfloat16);
    if (kernels::has_bfloat16()) pieces[bf16] = [&] { meta_gradient(*rounded, problem_, kAllMemory); };
    pieces[lean] = [&] { meta_gradient(net_, problem_); };
    pieces[real_loss] = [&] { net_.evaluation_gradient(problem_.w0, real.x, real.y, {last.x}); };
    pieces[generator] = generator_work();
    if (kernels::has_bfloat16())
      pieces[bf16_loss] = [&] { rounded->evaluation_gradient(problem_.w0, real.x, real.y, {last.x}); };
    if (peer_) {
      pieces[autograd] = [&] { peer_->meta_gradient(); };
      pieces[autograd_loss] = [&] { peer_->real_loss(); };
    }
    for (const size_t cold : {real_loss, generator, autograd_loss, bf16_loss})
      if (pieces[cold]) pieces[cold]();
    std::vector<Figure> t = fastest(pieces, plan_.patience);
    for (Figure& figure : t)
      if (figure) *figure *= 1e3;
    const auto per_step = [&](const Figure& whole, const Figure& loss) {
      return whole ? Figure((*whole - *loss) / static_cast<double>(plan_.steps)) : std::nullopt;
    };
    figures_.plain = t[plain];
    figures_.dual = t[dual];
    figures_.real_loss = t[real_loss];
    figures_.generator = t[generator];
    figures_.meta_step = per_step(t[meta], t[real_loss]);
    figures_.lean_step = per_step(t[lean], t[real_loss]);
    figures_.bf16_step = per_step(t[bf16], t[bf16_loss]);
    figures_.autograd = per_step(t[autograd], t[autograd_loss]);
  }

  const BenchLearner& learner_;
  const Net& net_;
  const BenchPlan& plan_;
  const std::function<void(const std::string&)>& note_;
  MetaProblem problem_;
  Tensor u_;  // direction of the dual pass
  MetaGradient gradient_;
  double ours_ = 0;  // seconds of one meta-gradient
  std::shared_ptr<const AutogradPeer> peer_;
  LearnerFigures figures_;
};

}  // namespace

std::vector<BenchLearner> bench_learners() {
  const Shape grey{1, 28, 28}, colour{3, 32, 32};
  return {{"mlp", make_net("mlp", grey, kClasses), 128},
          {"small", make_net(kSmall, grey, kClasses), 50},
          {"base_fc", make_net("base_fc", grey, kClasses), 128},
          {"nasbench201", make_nasbench201(kCell, colour, kClasses, 16, 1), 64},
          {"convnet3", make_net("convnet3", colour, kClasses), 128}};
}

LearnerFigures measure_learner(const BenchLearner& learner, const BenchPlan& plan,
                               const std::function<void(const std::string&)>& note) {
  return Bench(learner, plan, note).run();
}

double official_setting_seconds(int iterations, Precision precision) {
  MetaConfig config;
  config.teacher.steps = 32;
  config.teacher.batch = config.real_batch = 128;
  config.unroll.loss_every = 1;
  config.unroll.precision = precision;
  config.population.fixed = {"base_fc"};
  const Shape image{1, 28, 28};
  const RepeatedBatch real(random_batch(Key(1), config.real_batch, image, kClasses));
  MetaTrainer trainer(config, image, kClasses, real, Key(2), at::kCPU, available_memory() / 2);
  double least = INFINITY;
  for (int i = 0; i < iterations; ++i) least = std::min(least, seconds_of([&] { trainer.step(); }));
  return least;
}

}  // namespace gtn
