#include "gtn/teacher/meta_trainer.h"

#include <cmath>

#include "gtn/core/error.h"
#include "gtn/nets/spec.h"

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

MetaStep MetaTrainer::step() {
  const Key key = key_.split("iteration").split(static_cast<uint64_t>(iteration_));
  const auto net = make_net(sample_learner(config_.population, key.split("learner")), image_, classes_)
                       ->in(config_.unroll.precision);
  const Tensor w0 = net->initial(key.split("initial")).to(options_);
  const MetaObjective objective{random_window(key.split("window"), config_.teacher.steps, config_.unroll.window),
                                config_.unroll.loss_every, config_.unroll.calibration, memory_};
  const StoredBatches synthetic(teacher_, objective.window.end);  // the sweeps ask for each several times
  const OffsetSource real(real_, iteration_ * (config_.teacher.steps + 1));
  const MetaGradient gradient = meta_gradient(*net, w0, synthetic, teacher_.schedule(), real, objective);

  MetaStep result{.iteration = iteration_,
                  .learner = net->text(),
                  .loss = gradient.loss,
                  .judged_after = objective.window.end,
                  .lr = cosine_lr(config_.outer, iteration_)};
  result.rolled_back = !std::isfinite(gradient.total_loss);
  if (!result.rolled_back) {
    const OuterAdam::Report report =
        optimizer_.step(tensors_of(teacher_.params()), teacher_.gradients(gradient), iteration_);
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
