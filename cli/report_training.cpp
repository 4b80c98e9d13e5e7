// What a page shows of the course of a training.
#include <algorithm>
#include <cmath>

#include "cli/report_data.h"
#include "cli/run_config.h"
#include "gtn/core/config.h"
#include "gtn/core/error.h"
#include "gtn/runs/metrics.h"

namespace gtn {
namespace {

constexpr size_t kShownIterations = 2000;
constexpr double kKept = 0.95;  // of the smoothed loss, an iteration; as on the terminal

// A number of a line, or null.
Json number_of(const Json& line, const char* name) {
  return line.contains(name) && line[name].is_number() ? line[name] : Json();
}

// Of each kind of learner: how often it was taught, and its mean loss over the last quarter.
Json learners_of(const std::vector<Json>& lines) {
  std::map<std::string, std::pair<int64_t, std::vector<double>>> kinds;
  for (const Json& line : lines) {
    if (!line.contains("learner") || !line["learner"].is_string()) continue;
    auto& [count, losses] = kinds[line["learner"].get<std::string>()];
    ++count;
    const Json loss = number_of(line, "loss");
    if (!loss.is_null()) losses.push_back(loss.get<double>());
  }
  Json list = Json::array();
  for (const auto& [learner, seen] : kinds) {
    const std::vector<double>& losses = seen.second;
    const size_t from = losses.size() - (losses.size() + 3) / 4;
    double sum = 0;
    for (size_t i = from; i < losses.size(); ++i) sum += losses[i];
    const Json mean = losses.empty() ? Json() : Json(sum / static_cast<double>(losses.size() - from));
    list.push_back({{"learner", learner}, {"taught", seen.first}, {"loss", mean}});
  }
  return list;
}

}  // namespace

Json training_part(const RunDirectory& run) {
  RunConfig config;
  read_toml(config, run.config_text(), run.config().string());
  const std::vector<Json> lines = read_metrics(run.metrics());
  if (lines.empty()) throw failure(run.metrics().string(), "no meta-iteration is recorded yet");
  Json part{{"planned", config.meta.outer.iterations}, {"done", lines.back()["iteration"].get<int64_t>() + 1}};
  for (const char* const name : {"iteration", "loss", "smooth", "gradient_norm", "validation", "rolled_back"})
    part[name] = Json::array();
  const size_t every = (lines.size() + kShownIterations - 1) / kShownIterations;
  double smooth = std::nan("");
  for (size_t i = 0; i < lines.size(); ++i) {
    const Json &line = lines[i], loss = number_of(line, "loss"), &iteration = line["iteration"];
    if (!loss.is_null())
      smooth = std::isnan(smooth) ? loss.get<double>() : kKept * smooth + (1 - kKept) * loss.get<double>();
    if (const Json accuracy = number_of(line, "validation_accuracy"); !accuracy.is_null())
      part["validation"].push_back({iteration.get<int64_t>() + 1, accuracy});  // so many are done
    if (line.contains("rolled_back") && line["rolled_back"] == true) part["rolled_back"].push_back(iteration);
    if (i % every != 0 && i + 1 != lines.size()) continue;
    part["iteration"].push_back(iteration);
    part["loss"].push_back(loss);
    part["smooth"].push_back(smooth);
    part["gradient_norm"].push_back(number_of(line, "gradient_norm"));
  }
  part["learners"] = learners_of(lines);
  return part;
}

}  // namespace gtn
