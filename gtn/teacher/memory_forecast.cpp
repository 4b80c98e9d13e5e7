#include "gtn/teacher/memory_forecast.h"

#include <algorithm>

#include "gtn/nets/pass_memory.h"
#include "gtn/nets/spec.h"
#include "gtn/unroll/for_learners.h"

namespace gtn {
namespace {

constexpr auto kFloat = static_cast<int64_t>(sizeof(float));

int64_t total_with(const MemoryForecast& f, int64_t records) {
  return f.teacher + std::max(f.batches + std::max(f.trajectory + f.step + records, f.generator), f.validation);
}

// Teacher and synthetic batches: the part that learners have no share in.
MemoryForecast teacher_forecast(const MetaConfig& config, const Shape& image, int64_t classes) {
  const TeacherConfig& teacher = config.teacher;
  const int64_t params = teacher_parameter_count(teacher, image, classes);
  const int64_t example = image[0] * image[1] * image[2] + classes;
  MemoryForecast result;
  result.differentiated = config.unroll.window > 0 ? std::min(config.unroll.window, teacher.steps) : teacher.steps;
  result.teacher = kFloat * 3 * params;
  result.batches = kFloat * example * teacher.batch * (teacher.steps + config.outer.learners * result.differentiated);
  result.generator = kFloat * 2 * params;
  if (teacher.images == Images::generator)
    result.generator += Generator(teacher.generator, image, classes).graph_bytes(teacher.batch);
  return result;
}

}  // namespace

int64_t MemoryForecast::total() const { return total_with(*this, records); }
int64_t MemoryForecast::least() const { return total_with(*this, 0); }

MemoryForecast forecast_memory(const MetaConfig& config, const Shape& image, int64_t classes, int64_t limit,
                               int64_t validation_images) {
  check_population(config.population);
  MemoryForecast result = teacher_forecast(config, image, classes);
  std::vector<std::shared_ptr<const Net>> nets;
  const int64_t batch = config.teacher.batch;
  for (const std::string& text : largest_learners(config.population)) {
    const Net& net = *nets.emplace_back(make_net(text, image, classes));
    const int64_t at_once = learners_at_once(net, batch, config.outer.learners);
    const int64_t trajectory =
        at_once * kFloat * vectors_kept(config.teacher.optimizer) * (result.differentiated + 1) * net.parameter_count();
    const int64_t step =
        at_once * std::max(pass_bytes(net, batch, Pass::dual), evaluation_bytes(net, config.real_batch, batch));
    if (trajectory + step > result.trajectory + result.step) {
      result.trajectory = trajectory;
      result.step = step;
    }
    if (validation_images > 0)
      result.validation = std::max(result.validation, pass_bytes(net, validation_images, Pass::plain));
  }
  result.record_room = std::max<int64_t>(0, limit - result.teacher - result.batches - result.trajectory - result.step);
  result.kept = result.differentiated;
  for (const auto& net : nets) {
    const int64_t at_once = learners_at_once(*net, batch, config.outer.learners);
    const int64_t kept = recorded_steps(*net, result.differentiated, batch, result.record_room / at_once);
    result.kept = std::min(result.kept, kept);
    result.records = std::max(result.records, at_once * kept * net->record_bytes(batch));
  }
  return result;
}

}  // namespace gtn
