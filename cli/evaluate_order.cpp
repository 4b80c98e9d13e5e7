#include "cli/evaluate_order.h"

#include "gtn/teacher/curriculum.h"

namespace gtn {
namespace {

// The lesson's batches, dealt anew for each key.
SourceOf dealt(const Lesson& lesson, Curriculum order) {
  return [&lesson, order](const Key& key) -> std::shared_ptr<const BatchSource> {
    const int64_t steps = steps_of(lesson.schedule);
    Tensors images, labels;
    for (int64_t t = 0; t < steps; ++t) {
      const Batch batch = lesson.source.batch(t);
      images.push_back(batch.x);
      labels.push_back(batch.y);
    }
    const Tensor x = at::cat(images), y = at::cat(labels);
    const Tensor entries = deal(order, steps, images[0].size(0), key.split("order")).to(x.device());
    std::vector<Batch> batches;
    for (int64_t t = 0; t < steps; ++t)
      batches.push_back({x.index_select(0, entries[t]).contiguous(kChannelsLast), y.index_select(0, entries[t])});
    return std::make_shared<const StoredBatches>(std::move(batches));
  };
}

}  // namespace

OrderRow measure_order(const std::vector<LearnerPtr>& learners, const Lesson& lesson, const Evaluation& evaluation,
                       const Splits& splits, const Key& key, at::Device device, const Progress& progress) {
  Tuner tuner(splits, EvaluationConfig{}.selection_images, lesson.source.batch(0).x.size(0), key, device, progress);
  const auto judged = [&](Curriculum order) {
    const SourceOf source = dealt(lesson, order);
    // Which step sizes is settled: of the only choice nothing is tried on validation. Equal architectures share it.
    const auto choices = [&](size_t i) {
      return std::vector<Teaching>{{source, evaluation.taught_by[i].of(lesson.schedule)}};
    };
    return tune_and_judge(tuner, learners, choices, splits.test).accuracy;
  };
  return {judged(Curriculum::shuffled_batch), judged(Curriculum::all_shuffled)};
}

}  // namespace gtn
