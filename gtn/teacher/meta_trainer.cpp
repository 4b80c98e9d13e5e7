#include "gtn/teacher/meta_trainer.h"

#include <algorithm>
#include <cmath>

#include "gtn/core/error.h"
#include "gtn/nets/spec.h"
#include "gtn/unroll/for_learners.h"

namespace gtn {
namespace {

// A source seen from a later step on: every meta-iteration is judged on batches of its own.
class OffsetSource final : public BatchSource {
 public:
  OffsetSource(const BatchSource& source, int64_t offset) : source_(source), offset_(offset) {}
  Batch batch(int64_t step) const override { return source_.batch(offset_ + step); }
  int64_t steps() const override { return -1; }

 private:
  const BatchSource& source_;
  int64_t offset_;
};

Tensors tensors_of(const std::vector<NamedTensor>& named) {
  Tensors tensors;
  for (const NamedTensor& n : named) tensors.push_back(n.tensor);
  return tensors;
}

// The tensors of `names` out of a state.
std::vector<NamedTensor> select(const std::map<std::string, Tensor>& state, const std::vector<NamedTensor>& names) {
  std::vector<NamedTensor> result;
  for (const NamedTensor& n : names) {
    const auto found = state.find(n.name);
    if (found == state.end())
      throw failure("checkpoint", "'" + n.name + "' is missing; was it written by this configuration?");
    result.push_back({n.name, found->second});
  }
  return result;
}

bool is_finite(const MetaGradient& gradient) {
  const auto finite = [](const Tensor& t) { return !t.defined() || std::isfinite(scalar(t.sum())); };
  const auto number = [](double value) { return std::isfinite(value); };
  return number(gradient.total_loss) && finite(gradient.w0) && std::ranges::all_of(gradient.x, finite) &&
         std::ranges::all_of(gradient.y, finite) && std::ranges::all_of(gradient.log_lr, number) &&
         std::ranges::all_of(gradient.log_momentum, number);
}

// Over learners of the same window, without w0, which belongs to each alone. Of a single one: itself.
MetaGradient mean(std::vector<MetaGradient> gradients) {
  NoGrad no_grad;
  MetaGradient result = std::move(gradients.front());
  if (gradients.size() == 1) return result;
  const double share = 1.0 / static_cast<double>(gradients.size());
  const auto add = [](Tensor& sum, const Tensor& part) {
    if (part.defined()) sum = sum.defined() ? sum + part : part;
  };
  for (const MetaGradient& next : std::span(gradients).subspan(1)) {
    result.loss += next.loss;
    for (size_t t = 0; t < result.x.size(); ++t) {
      add(result.x[t], next.x[t]);
      add(result.y[t], next.y[t]);
      result.log_lr[t] += next.log_lr[t];
      result.log_momentum[t] += next.log_momentum[t];
    }
  }
  result.loss *= share;
  for (Tensors* sums : {&result.x, &result.y})
    for (Tensor& sum : *sums)
      if (sum.defined()) sum = sum * share;
  for (std::vector<double>* sums : {&result.log_lr, &result.log_momentum})
    for (double& sum : *sums) sum *= share;
  return result;
}

}  // namespace

MetaTrainer::MetaTrainer(const MetaConfig& config, Shape image, int64_t classes, const BatchSource& real,
                         const Key& key, const at::TensorOptions& options, int64_t memory)
    : config_(config),
      image_(std::move(image)),
      classes_(classes),
      real_(real),
      key_(key),
      options_(options),
      memory_(memory),
      teacher_(config.teacher, image_, classes, key.split("teacher"), options),
      optimizer_(config.outer, tensors_of(teacher_.params())) {
  check_population(config.population);
  for (const std::string& text : hardest_learners(config.population, key)) make_net(text, image_, classes_);
}

std::vector<MetaTrainer::Taught> MetaTrainer::teach(const Key& key, MetaObjective objective) const {
  const auto count = static_cast<size_t>(config_.outer.learners);
  // The first learner has the iteration's own key, so that a run of one does not depend on there being others.
  const auto key_of = [&](size_t i) { return i == 0 ? key : key.split("learners").split(i); };
  std::vector<std::shared_ptr<const Net>> nets;
  std::vector<const Learner*> learners;
  for (size_t i = 0; i < count; ++i) {
    nets.push_back(make_net(sample_learner(config_.population, key_of(i).split("learner")), image_, classes_)
                       ->in(config_.unroll.precision));
    learners.push_back(nets.back().get());
  }
  const StoredBatches synthetic(teacher_, objective.window.end);  // the sweeps ask for each several times
  const Schedule schedule = teacher_.schedule();
  std::vector<Taught> taught(count);
  for_learners(learners, config_.teacher.batch, [&](size_t i, int64_t at_once) {
    MetaObjective own = objective;
    own.memory /= at_once;
    const Tensor w0 = nets[i]->initial(key_of(i).split("initial")).to(options_);
    const int64_t judged_before = iteration_ * config_.outer.learners + static_cast<int64_t>(i);
    const OffsetSource real(real_, judged_before * (config_.teacher.steps + 1));
    taught[i] = {nets[i]->text(), meta_gradient(*nets[i], w0, synthetic, schedule, real, own)};
  });
  return taught;
}

MetaStep MetaTrainer::step() {
  const Key key = key_.split("iteration").split(static_cast<uint64_t>(iteration_));
  const MetaObjective objective{random_window(key.split("window"), config_.teacher.steps, config_.unroll.window),
                                config_.unroll.loss_every, config_.unroll.calibration, memory_};
  MetaStep result{.iteration = iteration_,
                  .learner = {},
                  .judged_after = objective.window.end,
                  .lr = cosine_lr(config_.outer, iteration_)};
  std::vector<MetaGradient> gradients;
  double non_finite = 0;  // sum of the losses left out
  for (Taught& taught : teach(key, objective)) {
    result.learner += (result.learner.empty() ? "" : "; ") + taught.learner;
    if (is_finite(taught.gradient)) {
      gradients.push_back(std::move(taught.gradient));
    } else {
      non_finite += taught.gradient.loss;
      ++result.left_out;
    }
  }
  result.rolled_back = gradients.empty();
  result.loss = non_finite / static_cast<double>(std::max<int64_t>(result.left_out, 1));
  if (!result.rolled_back) {
    const MetaGradient gradient = mean(std::move(gradients));
    const OuterAdam::Report report =
        optimizer_.step(tensors_of(teacher_.params()), teacher_.gradients(gradient), iteration_);
    result.loss = gradient.loss;
    result.gradient_norm = report.gradient_norm;
    result.clipped = report.clipped;
    result.rolled_back = !report.finite;
  }
  rolled_back_ += result.rolled_back;
  ++iteration_;
  return result;
}

std::map<std::string, Tensor> MetaTrainer::state() const {
  std::map<std::string, Tensor> state{{"trainer.counters", at::tensor({iteration_, rolled_back_}, at::kLong)}};
  for (const NamedTensor& p : teacher_.params()) state[p.name] = p.tensor;
  for (const NamedTensor& p : optimizer_.state()) state[p.name] = p.tensor;
  return state;
}

void MetaTrainer::load(const std::map<std::string, Tensor>& state) {
  const Tensor counters = select(state, {{"trainer.counters", {}}})[0].tensor;
  if (counters.numel() != 2 || counters.scalar_type() != at::kLong)
    throw failure("checkpoint", "'trainer.counters' is damaged");
  teacher_.load(select(state, teacher_.params()));
  optimizer_.load(select(state, optimizer_.state()));
  iteration_ = counters[0].item<int64_t>();
  rolled_back_ = counters[1].item<int64_t>();
}

}  // namespace gtn
