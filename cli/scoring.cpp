#include "cli/scoring.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "cli/run_kind.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/data/real_source.h"
#include "gtn/nets/pass_memory.h"
#include "gtn/nets/spec.h"
#include "gtn/search/grid_space.h"

namespace gtn {
namespace {

// Of the learned step sizes: one suits each candidate.
const std::vector<double> kMultipliers{0.25, 0.5, 1, 2, 4};
// As many of sgd, on images that nobody learned step sizes for.
const std::vector<double> kConstant{0.02, 0.05, 0.1, 0.2, 0.5};
constexpr double kMomentum = 0.9;
constexpr int64_t kProxyImages = 64;  // of the batch that they look at
constexpr int64_t kLooks = 12;        // at a network while it is trained on real data

AugmentConfig augmentation_of(const Artefact& artefact, const std::string& path) {
  RunConfig config;
  read_toml(config, artefact.config, path + " (its configuration)");
  return config.augment;
}

}  // namespace

Scoring::Scoring(const std::string& path, const MachineFlags& machine, const Key& key)
    : device_(machine.apply()),
      artefact_(find_artefact(path).artefact),
      splits_(open_splits(artefact_, machine)),
      taught_(artefact_, augmentation_of(artefact_, path), key.split("augment"), device_) {}

EstimatorPtr Scoring::teacher_estimator(const TrainingEstimatorConfig& config) const {
  const Lesson lesson = lesson_of(artefact_, taught_, "the teacher");
  return training_estimator("teacher", taught_choices(lesson, kMultipliers), batch(), config, splits_, device_,
                            own_choice(lesson));
}

EstimatorPtr Scoring::constant_estimator(const std::string& name, const SourceOf& source, int64_t steps,
                                         const TrainingEstimatorConfig& config) const {
  const InnerOptimizer optimizer = optimizer_named(artefact_.optimizer, "the teacher");
  return training_estimator(
      name, constant_choices(source, steps, step_sizes_for(optimizer, kConstant), {kMomentum}, optimizer), batch(),
      config, splits_, device_);
}

EstimatorPtr Scoring::real_estimator(int64_t steps, const TrainingEstimatorConfig& config) const {
  return constant_estimator("real", real_batches(splits_, batch(), device_), steps, config);
}

EstimatorPtr Scoring::real_schedule_estimator(const TrainingEstimatorConfig& config) const {
  const Lesson lesson = lesson_of(artefact_, taught_, "the teacher");
  const SourceOf real = real_batches(splits_, batch(), device_);
  std::vector<Teaching> choices = taught_choices(lesson, kMultipliers);
  for (Teaching& choice : choices) choice.source = real;
  TeachingFor own = own_choice(lesson);
  if (own) own = [real, taught = own](const Net& net) { return Teaching{real, taught(net).schedule}; };
  return training_estimator("real_schedule", choices, batch(), config, splits_, device_, own);
}

EstimatorPtr Scoring::warm_start_estimator(int64_t steps, const TrainingEstimatorConfig& config) const {
  const Lesson lesson = lesson_of(artefact_, taught_, "the teacher");
  const auto continued = [taught = artefact_.steps(), steps,
                          real = real_batches(splits_, batch(), device_)](const Teaching& teaching) {
    Schedule schedule = teaching.schedule;
    const StepSize start{schedule.sizes.back().lr, kMomentum};
    std::ranges::copy(make_schedule(steps - taught, start, schedule.optimizer, Decay::cosine).sizes,
                      std::back_inserter(schedule.sizes));
    const SourceOf source = [first = teaching.source, taught, real](const Key& key) {
      return std::make_shared<const ConsecutiveBatches>(first(key), taught, real(key));
    };
    return Teaching{source, schedule};
  };
  std::vector<Teaching> choices = taught_choices(lesson, kMultipliers);
  std::ranges::transform(choices, choices.begin(), continued);
  TeachingFor own = own_choice(lesson);
  if (own) own = [continued, taught = own](const Net& net) { return continued(taught(net)); };
  return training_estimator("warm_start", choices, batch(), config, splits_, device_, own);
}

EstimatorPtr Scoring::set_estimator(const std::string& name, ImageSet set, int64_t steps,
                                    const TrainingEstimatorConfig& config) const {
  const auto kept = std::make_shared<const ImageSet>(std::move(set));
  const SourceOf source = [kept, batches = set_batches(*kept, batch())](const Key& key) { return batches(key); };
  return constant_estimator(name, source, steps, config);
}

Batch Scoring::proxy_batch(const Key& key) const {
  return RealSource(splits_.train, splits_.normalization, kProxyImages, key.split("proxies"), Sampling::balanced,
                    device_)
      .batch(0);
}

std::string Scoring::space_for(const std::string& named) const {
  if (!named.empty()) return named;
  return is_table(shape_of(artefact_.images)) ? "mlp" : "convnet";
}

int64_t Scoring::scored_steps(int64_t asked) const {
  if (asked > artefact_.steps())
    throw usage_error("estimate.steps", std::to_string(asked) + " is more than the " +
                                            std::to_string(artefact_.steps()) + " steps that the teacher has");
  return asked > 0 ? asked : artefact_.steps();
}

RunDirectory Scoring::open_run(const std::string& out, const std::string& resume, const std::string& toml,
                               std::map<std::string, std::string> files) const {
  if (!resume.empty()) return RunDirectory::open(resume);
  files[kBegunWith] = toml;
  files["teacher.safetensors"] = encode_archive(to_archive(artefact_, "the teacher"));
  return RunDirectory::create(out, toml, files);
}

std::shared_ptr<const Net> Scoring::build(const Space& space, const std::string& genotype) const {
  const Shape images = shape_of(splits_.train.images);
  return make_net(space.learner(genotype), {images[1], images[2], images[3]}, splits_.train.classes());
}

RealTraining Scoring::train(const Net& net, const RealTrainingConfig& config, const Key& key) const {
  const MemoryShare share(training_bytes(net, config.batch));
  LearningCurve curve(net, splits_, config.steps, config.batch, kLooks, device_);
  const auto observer = [&](int64_t taken, const LearnerState& state) { curve.observe(taken, state); };
  TrainedNet trained = train_on_real(net, splits_, config, key, device_, observer);
  return {std::move(trained), curve.points()};
}

double Scoring::accuracy_of(const Net& net, const TrainedNet& trained, const Dataset& judge) const {
  if (!at::isfinite(trained.w).all().item<bool>()) return std::numeric_limits<double>::quiet_NaN();
  return accuracy(net, trained.w, trained.statistics, judge, splits_.normalization, judge.size(), device_);
}

KeptSpace open_kept_space(const std::string& name_or_path, const std::string& resume, const std::string& copy) {
  namespace fs = std::filesystem;
  const std::string name = name_or_path.substr(0, name_or_path.find('('));
  if (std::ranges::find(space_names(), name) != space_names().end()) return {open_space(name_or_path), {}};
  const bool kept = !resume.empty() && fs::exists(fs::path(resume) / copy);
  if (!kept && !fs::is_regular_file(name_or_path)) return {open_space(name_or_path), {}};  // which says what is wrong
  const std::string text = read_config_file(kept ? fs::path(resume) / copy : fs::path(name_or_path));
  return {std::make_shared<GridSpace>(text, name_or_path), text};
}

std::unique_ptr<TrialStore> open_store(const RunDirectory& directory) {
  const std::filesystem::path path = directory.path() / kTrialFile;
  return open_trial_store(path, std::filesystem::exists(path) ? StoreAccess::write : StoreAccess::create);
}

Json facts_of(const Trial& trial) {
  Json facts = parse_json(trial.result);
  return facts.is_object() ? facts : Json::object();
}

Json facts_of(const Net& net) {
  return {{"parameters", net.parameter_count()}, {"multiply_adds", net.multiply_adds()}};
}

Json to_json(const std::vector<LearningPoint>& curve) {
  Json list = Json::array();
  for (const auto& [steps, train, validation] : curve)
    list.push_back({{"steps", steps}, {"train", train}, {"validation", validation}});
  return list;
}

Json to_json(const std::vector<ScorePoint>& curve) {
  Json list = Json::array();
  for (const auto& [steps, score] : curve) list.push_back({{"steps", steps}, {"validation", score}});
  return list;
}

TrialResult result_of(double score, const Json& facts) {
  TrialResult result{.score = {}, .result = facts.dump()};
  if (std::isfinite(score)) result.score = score;
  return result;
}

int64_t training_bytes(const Net& net, int64_t batch, int64_t learners) {
  constexpr int64_t kHeld = 3 * sizeof(float);  // of a parameter: itself and two moments
  return learners * net.parameter_count() * kHeld +
         std::max(pass_bytes(net, batch, Pass::plain), pass_bytes(net, kImagesAtOnce, Pass::plain));
}

}  // namespace gtn
