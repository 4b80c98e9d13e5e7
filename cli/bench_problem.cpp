#include "cli/bench_problem.h"

namespace gtn {

Batch random_batch(const Key& key, int64_t size, const Shape& image, int64_t classes) {
  return {key.normal({size, image[0], image[1], image[2]}).contiguous(kChannelsLast),
          at::one_hot(at::arange(size, at::kLong) % classes, classes).to(at::kFloat)};
}

MetaProblem random_problem(const Net& net, int64_t batch, int64_t steps) {
  const Key key(1);
  MetaProblem problem{.w0 = net.initial(key.split("w")),
                      .synthetic = {},
                      .schedule = {std::vector<StepSize>(static_cast<size_t>(steps))},
                      .real = random_batch(key.split("real"), batch, net.input(), net.classes())};
  for (int64_t t = 0; t < steps; ++t)
    problem.synthetic.push_back(
        random_batch(key.split("synthetic").split(static_cast<uint64_t>(t)), batch, net.input(), net.classes()));
  return problem;
}

MetaGradient meta_gradient(const Learner& learner, const MetaProblem& problem, int64_t memory) {
  MetaObjective objective;
  objective.window.end = static_cast<int64_t>(problem.synthetic.size());
  objective.memory = memory;
  return meta_gradient(learner, problem.w0, StoredBatches(problem.synthetic), problem.schedule,
                       RepeatedBatch(problem.real), objective);
}

}  // namespace gtn
