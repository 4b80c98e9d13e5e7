#include "cli/bench_scoring.h"

#include "gtn/core/side_by_side.h"
#include "gtn/unroll/evaluation.h"

namespace gtn {
namespace {

constexpr int64_t kSteps = 16, kJudged = 1000, kScoredClasses = 10;

// Random images: how long they take does not depend on what they show.
Dataset random_dataset(const Shape& image) {
  const Tensor images = Key(5).integers(kJudged * image[0] * image[1] * image[2], 256).to(at::kByte);
  return make_dataset("random", images.view({kJudged, image[0], image[1], image[2]}),
                      Key(6).integers(kJudged, kScoredClasses), std::vector<std::string>(kScoredClasses, "class"));
}

}  // namespace

bool scores(const BenchLearner& learner) { return learner.name == "mlp" || learner.name == "small"; }

double scoring_gflop(const BenchLearner& learner) {
  constexpr int kPasses = 6;  // three cold ones, and one of each
  const int64_t one =
      kSteps * learner.batch * learner.net->plain_multiply_adds() + kJudged * learner.net->multiply_adds();
  return 2e-9 * kPasses * static_cast<double>(at::get_num_threads() * one);
}

ScoringFigures measure_scoring(const BenchLearner& learner, const Patience& patience) {
  const Net& net = *learner.net;
  const RepeatedBatch source(random_batch(Key(1), learner.batch, net.input(), kScoredClasses));
  const Lesson lesson{source, {std::vector<StepSize>(kSteps)}};
  const Dataset dataset = random_dataset(net.input());
  const Normalization normalization = measure_normalization(dataset.images);
  const auto score = [&](int64_t i) {
    final_accuracy(net, lesson, Key(7).split(static_cast<uint64_t>(i)), dataset, normalization, kJudged, at::kCPU);
  };
  const int64_t count = at::get_num_threads();
  const Work one_by_one = [&] {
    for (int64_t i = 0; i < count; ++i) score(i);
  };
  const Work beside = [&] { side_by_side(count, score); };
  const Work one_thread = [&] {
    at::set_num_threads(1);
    one_by_one();
    at::set_num_threads(static_cast<int>(count));
  };
  for (const Work& cold : {one_by_one, beside, one_thread}) cold();
  const std::vector<Figure> seconds = fastest({one_by_one, beside, one_thread}, patience);
  return {learner.name, 1e3 * *seconds[0], 1e3 * *seconds[1], 1e3 * *seconds[2]};
}

}  // namespace gtn
