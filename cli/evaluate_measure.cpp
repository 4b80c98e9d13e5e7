#include "cli/evaluate_measure.h"

#include <algorithm>

#include "cli/common.h"
#include "cli/evaluate_controls.h"
#include "cli/evaluate_order.h"
#include "cli/learner_file.h"
#include "gtn/data/kmeans.h"

namespace gtn {
namespace {

// Shows the trainings of one measurement as a line; measurements that go on after their total was reached get a longer
// one.
Progress progress_of(std::optional<ProgressLine>& line, const std::string& label) {
  return [&line, label, total = int64_t{0}](int64_t done, int64_t of) mutable {
    if (!line || of != total) line.emplace(label, done, of);
    total = of;
    line->update(done);
  };
}

// As many real images as the curriculum has; fewer where the smallest class has not its share.
int64_t control_images(const Subject& subject) {
  return std::min(subject.artefact.image_count(), balanced_images(subject.splits.train));
}

Control equal_images(const Subject& subject) {
  return kmeans_control("kmeans", control_images(subject), subject.splits, subject.key.split("kmeans"), subject.device);
}

std::vector<Control> make_controls(const MeasureFlags& flags, const Subject& subject) {
  const auto& [a, splits, lesson, device, key] = subject;
  std::vector<Control> controls;
  if (flags.controls == "none") return controls;
  controls.push_back(equal_images(subject));
  if (flags.controls != "all") return controls;
  const int64_t count = std::min(images_of_equal_floats(a), balanced_images(splits.train));
  if (count > 0 && count != controls.front().images())
    controls.push_back(kmeans_control("kmeans_floats", count, splits, key.split("kmeans"), device));
  const Shape image{a.images.size(2), a.images.size(3), a.images.size(4)};
  const LearnerPtr expert = make_net(read_learner(flags.expert), image, a.labels.size(2));
  std::optional<ProgressLine> line;
  controls.push_back(soft_control(controls.front(), *expert, splits, {.training = {.steps = flags.expert_steps}},
                                  flags.temperatures, key.split("experts"), device, progress_of(line, "experts")));
  return controls;
}

struct NamedSet {
  std::string name;
  ImageSet set;
};

// The curriculum's images as a plain set, and the real ones beside it.
std::vector<NamedSet> to_end_sets(const std::vector<Control>& controls, const Subject& subject) {
  const Artefact& a = subject.artefact;
  const Tensor images = a.images.flatten(0, 1).contiguous(kChannelsLast);
  const Tensor random = random_images(subject.splits.train, control_images(subject), subject.key.split("random"));
  return {{"curriculum", {images.to(subject.device), a.labels.flatten(0, 1).contiguous().to(subject.device)}},
          {"random", chosen_set(subject.splits, random, subject.device)},
          {"kmeans", (controls.empty() ? equal_images(subject) : controls.front()).variants.front()}};
}

EvaluationRow measure_candidate(const MeasureFlags& flags, const Subject& subject, const Candidate& candidate,
                                const std::vector<Control>& controls, const std::vector<NamedSet>& end_sets) {
  const auto start = std::chrono::steady_clock::now();
  const auto& [artefact, splits, lesson, device, key] = subject;
  const auto& [name, learners, fault] = candidate;
  const InnerOptimizer optimizer = lesson.schedule.optimizer;
  std::optional<ProgressLine> line;
  EvaluationRow row{.learner = name, .text = name == kTaught ? artefact.learners : learners.front()->text()};
  row.evaluation =
      evaluate(learners, lesson, subject.batch(), splits, {.lr = step_sizes_for(optimizer, EvaluationConfig{}.lr)}, key,
               device, progress_of(line, name), controls);
  row.confusion = report_confusion(row.evaluation.predicted, splits);
  if (flags.speedup)
    row.speedup = measure_speedup(learners, lesson, row.evaluation, subject.batch(), splits, {.cap = flags.speedup_cap},
                                  key, device, progress_of(line, name + ", speed-up"));
  const ToEndConfig to_end{
      .steps = flags.to_end_steps, .optimizer = optimizer, .lr = step_sizes_for(optimizer, ToEndConfig{}.lr)};
  for (const auto& [set_name, set] : end_sets)
    row.to_end.push_back({set_name, set.size(),
                          train_to_end(learners, set, splits, to_end, key, device,
                                       progress_of(line, name + ", to the end on " + set_name))});
  if (flags.shuffle)
    row.order =
        measure_order(learners, lesson, row.evaluation, splits, key, device, progress_of(line, name + ", shuffled"));
  if (flags.robustness)
    row.robustness = measure_robustness(learners, lesson, row.evaluation, subject.batch(), splits,
                                        {.real_steps = flags.robustness_steps}, key, device,
                                        progress_of(line, name + ", robustness"));
  row.seconds = Seconds(std::chrono::steady_clock::now() - start).count();
  return row;
}

}  // namespace

void MeasureFlags::add_to(CLI::App& verb) {
  verb.add_option(
          "--controls", controls,
          "real images chosen by k-means, for as many steps as the curriculum: kmeans (default), as many images "
          "as it has; all, besides as many as fit into the floats it stores, and with experts' soft labels; "
          "none")
      ->check(CLI::IsMember({"none", "kmeans", "all"}));
  verb.add_option("--expert", expert, "the learner whose soft labels --controls all takes");
  verb.add_option("--expert-steps", expert_steps, "steps of real data that make an expert (default: 1500)")
      ->check(positive_number());
  verb.add_option("--temperature", temperatures,
                  "of the experts' soft labels; may be repeated, validation chooses (default: 1, 2 and 4)")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false)
      ->check(positive_number());
  verb.add_flag(
      "--speedup", speedup,
      "how many steps real data needs for the same validation accuracy, with the best step size and schedule");
  verb.add_option("--speedup-cap", speedup_cap,
                  "the longest training of --speedup, in units of the curriculum's steps (default: 64)")
      ->check(positive_number());
  verb.add_flag("--to-end", to_end,
                "train to the end on the curriculum's images as a plain set, beside as many real ones");
  verb.add_option("--to-end-steps", to_end_steps, "steps of --to-end (default: 1000)")->check(whole_number(1));
  verb.add_flag("--shuffle", shuffle, "the curriculum's batches, and all of its images, in another order");
  verb.add_flag("--robustness", robustness, "accuracy under noise, blur and FGSM, beside normally trained networks");
  verb.add_option("--robustness-steps", robustness_steps, "steps of the normally trained networks (default: 500)")
      ->check(whole_number(1));
}

EvaluationReport measure(const MeasureFlags& flags, const Subject& subject, const std::vector<Candidate>& candidates,
                         int seeds) {
  EvaluationReport report{.rows = {},
                          .controls = {},
                          .seeds = seeds,
                          .curve_images = std::min(EvaluationConfig{}.curve_images, subject.splits.test.size())};
  const std::vector<Control> controls = make_controls(flags, subject);
  for (const Control& control : controls)
    report.controls.push_back({control.name, control.images(), control.temperatures});
  const std::vector<NamedSet> end_sets = flags.to_end ? to_end_sets(controls, subject) : std::vector<NamedSet>{};
  for (const Candidate& candidate : candidates)
    report.rows.push_back(candidate.fault.empty() ? measure_candidate(flags, subject, candidate, controls, end_sets)
                                                  : EvaluationRow{.learner = candidate.name, .fault = candidate.fault});
  return report;
}

}  // namespace gtn
