#include "gtn/teacher/meta_trainer.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "gtn/core/error.h"
#include "gtn/nets/spec.h"
#include "gtn/nets/traits.h"
#include "gtn/teacher/gradient_mean.h"
#include "gtn/unroll/for_learners.h"
#include "gtn/unroll/schedule.h"

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

Key augmentation_key(const Key& draw, uint64_t step) { return draw.split("augment").split(step); }

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

// From the gradients at augmented images to those at the images that the teacher made.
void take_back(MetaGradient& gradient, const AugmentConfig& augmentation, const Key& draw) {
  for (size_t t = 0; t < gradient.x.size(); ++t)
    if (gradient.x[t].defined())
      gradient.x[t] = augment_adjoint(gradient.x[t], augmentation, augmentation_key(draw, t));
}

// The gradient of the multipliers' logarithms per trait: a multiplier takes part in every step size of its learner.
Tensor multiplier_gradient(const std::vector<std::string>& learners, const std::vector<MetaGradient>& gradients) {
  Tensor sum = at::zeros({static_cast<int64_t>(trait_names().size())}, at::kFloat);
  for (size_t i = 0; i < learners.size(); ++i) {
    const std::vector<double>& log_lr = gradients[i].log_lr;
    sum.add_(trait_shares(learners[i]), std::accumulate(log_lr.begin(), log_lr.end(), 0.0));
  }
  return sum / static_cast<double>(learners.size());
}

}  // namespace

MetaTrainer::MetaTrainer(const MetaConfig& config, Shape image, int64_t classes, const BatchSource& real,
                         const Key& key, const at::TensorOptions& options, int64_t memory, const BatchSource* examples,
                         const AugmentConfig& augmentation)
    : config_(config),
      image_(std::move(image)),
      classes_(classes),
      real_(real),
      examples_(examples),
      key_(key),
      options_(options),
      memory_(memory),
      augmentation_(augmentation),
      teacher_(config.teacher, image_, classes, key.split("teacher"), options, examples),
      log_multipliers_(at::zeros({static_cast<int64_t>(trait_names().size())}, at::kFloat)),
      optimizer_(config.outer, tensors_of(params())),
      pool_(config.unroll.pool, config.unroll.pool_age) {
  check_population(config.population);
  for (const std::string& text : hardest_learners(config.population, key)) make_net(text, image_, classes_);
  if (config.unroll.warm_up > 0 && !examples)
    throw std::invalid_argument("MetaTrainer: learners are warmed up on examples");
  if (config.unroll.warm_up > 0 && config.teacher.labels == Labels::semi)
    throw usage_error("unroll.warm_up",
                      "would show learners the labels that labels = \"semi\" may not know; set it to 0");
}

std::vector<NamedTensor> MetaTrainer::params() const {
  std::vector<NamedTensor> params = teacher_.params();
  if (config_.conditioned_step_sizes) params.push_back({"population.log_multipliers", log_multipliers_});
  return params;
}

Schedule MetaTrainer::schedule_for(const std::string& learner) const {
  Schedule schedule = teacher_.schedule();
  if (!config_.conditioned_step_sizes) return schedule;
  return scaled(std::move(schedule), conditioned_multiplier(log_multipliers_, learner));
}

Tensor MetaTrainer::fresh(const Learner& learner, const Key& key, int64_t i) const {
  const int64_t steps = config_.unroll.warm_up;
  const Tensor w0 = learner.initial(key.split("initial")).to(options_);
  if (steps == 0) return w0;
  const OffsetSource examples(*examples_, i * steps);
  const Schedule schedule{
      std::vector<StepSize>(static_cast<size_t>(steps), {config_.teacher.lr, config_.teacher.momentum}),
      config_.teacher.optimizer};
  return train(learner, LearnerState::start(w0), examples, schedule, 0, steps).w;
}

std::vector<MetaTrainer::Taught> MetaTrainer::teach(const Key& key, const Key& draw, MetaObjective objective) const {
  const auto count = static_cast<size_t>(config_.outer.learners);
  // The first learner has the iteration's own key, so that a run of one does not depend on there being others.
  const auto key_of = [&](size_t i) { return i == 0 ? key : key.split("learners").split(i); };
  std::vector<Taught> taught(count);
  std::vector<std::shared_ptr<const Net>> nets;
  std::vector<const Learner*> learners;
  for (size_t i = 0; i < count; ++i) {
    // Each learner has a place of its own among those of the pool, so that they can be put back side by side.
    if (i < pool_.size()) taught[i].place = (static_cast<size_t>(iteration_) * count + i) % pool_.size();
    const auto* aged = taught[i].place && pool_.at(*taught[i].place) ? &*pool_.at(*taught[i].place) : nullptr;
    const std::string text = aged ? aged->learner : sample_learner(config_.population, key_of(i).split("learner"));
    nets.push_back(make_net(text, image_, classes_)->in(config_.unroll.precision));
    learners.push_back(nets.back().get());
    taught[i].age = aged ? aged->age : 0;
  }
  std::vector<Batch> batches(static_cast<size_t>(objective.window.end));  // the sweeps ask for each several times
  for (int64_t t = objective.window.start; t < objective.window.end; ++t) {
    Batch& batch = batches[static_cast<size_t>(t)] = teacher_.batch(t, draw);
    batch.x = augment(batch.x, augmentation_, augmentation_key(draw, static_cast<uint64_t>(t)));
  }
  const StoredBatches synthetic(std::move(batches));
  for_learners(learners, config_.teacher.batch, [&](size_t i, int64_t at_once) {
    MetaObjective own = objective;
    own.memory /= at_once;
    const int64_t judged_before = iteration_ * config_.outer.learners + static_cast<int64_t>(i);
    const Tensor w0 = taught[i].age > 0 ? pool_.at(*taught[i].place)->w : fresh(*nets[i], key_of(i), judged_before);
    const OffsetSource real(real_, judged_before * (config_.teacher.steps + 1));
    taught[i].learner = nets[i]->text();
    taught[i].gradient = meta_gradient(*nets[i], w0, synthetic, schedule_for(nets[i]->text()), real, own);
  });
  return taught;
}

MetaStep MetaTrainer::step() {
  const Key key = key_.split("iteration").split(static_cast<uint64_t>(iteration_)), draw = key.split("draw");
  const Window window =
      choose_window(config_.unroll, config_.teacher.steps, iteration_, config_.outer.iterations, key.split("window"));
  const MetaObjective objective{window, config_.unroll.loss_every, config_.unroll.calibration, memory_};
  MetaStep result{
      .iteration = iteration_, .learner = {}, .judged_after = window.end, .lr = cosine_lr(config_.outer, iteration_)};
  std::vector<MetaGradient> finite;
  std::vector<std::string> finite_learners;
  double non_finite = 0;  // sum of the losses left out
  for (Taught& taught : teach(key, draw, objective)) {
    result.learner += (result.learner.empty() ? "" : "; ") + taught.learner;
    result.losses.push_back(taught.gradient.loss);
    if (taught.place) pool_.put(*taught.place, {taught.learner, taught.gradient.w_end, taught.age + 1});
    if (is_finite(taught.gradient)) {
      finite.push_back(std::move(taught.gradient));
      finite_learners.push_back(taught.learner);
    } else {
      non_finite += taught.gradient.loss;
      ++result.left_out;
    }
  }
  result.rolled_back = finite.empty();
  result.loss = non_finite / static_cast<double>(std::max<int64_t>(result.left_out, 1));
  if (!result.rolled_back) {
    limit_to_median(finite, config_.outer.clip);
    const Tensor of_multipliers = multiplier_gradient(finite_learners, finite);
    MetaGradient gradient = mean(std::move(finite));
    take_back(gradient, augmentation_, draw);
    Tensors gradients = teacher_.gradients(gradient, draw);
    teacher_.add_reconstruction_gradients(gradients, draw);
    if (config_.conditioned_step_sizes) gradients.push_back(of_multipliers);
    const OuterOptimizer::Report report = optimizer_.step(tensors_of(params()), gradients, iteration_);
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
  std::map<std::string, Tensor> state = pool_.state();
  state["trainer.counters"] = at::tensor({iteration_, rolled_back_}, at::kLong);
  for (const NamedTensor& p : params()) state[p.name] = p.tensor;
  for (const NamedTensor& p : optimizer_.state()) state[p.name] = p.tensor;
  return state;
}

void MetaTrainer::load(const std::map<std::string, Tensor>& state) {
  const Tensor counters = select(state, {{"trainer.counters", {}}})[0].tensor;
  if (counters.numel() != 2 || counters.scalar_type() != at::kLong)
    throw failure("checkpoint", "'trainer.counters' is damaged");
  const std::vector<NamedTensor> saved = select(state, params());
  teacher_.load(saved);
  if (config_.conditioned_step_sizes) {
    if (saved.back().tensor.sizes() != log_multipliers_.sizes())
      throw failure("checkpoint", "'population.log_multipliers' has another shape; was it written by this version?");
    log_multipliers_.copy_(saved.back().tensor);
  }
  optimizer_.load(select(state, optimizer_.state()));
  pool_.load(state);
  for (size_t i = 0; i < pool_.size(); ++i) {
    const auto& aged = pool_.at(i);
    if (aged && make_net(aged->learner, image_, classes_)->parameter_count() != aged->w.numel())
      throw failure("checkpoint", "learner " + std::to_string(i) +
                                      " of the pool has other parameters than its text; "
                                      "was it written by this configuration?");
  }
  iteration_ = counters[0].item<int64_t>();
  rolled_back_ = counters[1].item<int64_t>();
}

}  // namespace gtn
