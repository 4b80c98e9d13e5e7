#include "cli/search_costs.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "gtn/core/error.h"
#include "gtn/core/nearest.h"
#include "gtn/core/quote.h"
#include "gtn/report/table.h"

namespace gtn {
namespace {

// The objectives other than accuracy, and the facts they are read from.
const std::vector<std::pair<std::string, std::string>> kCosts{
    {"params", "parameters"}, {"flops", "multiply_adds"}, {"latency", "latency"}};
constexpr const char* kAccuracy = "accuracy";

bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::ranges::find(list, word) != list.end();
}

}  // namespace

const SearchConfig& check_objectives(const SearchConfig& config) {
  const std::vector<std::string>& objectives = config.objectives;
  Faults faults("objectives");
  std::vector<std::string> known{kAccuracy};
  for (const auto& [name, fact] : kCosts) known.push_back(name);
  for (const std::string& name : objectives) {
    if (contains(known, name)) continue;
    faults.add(quoted(name) + " is not accuracy, params, flops or latency" + hint(name, known));
  }
  if (!contains(objectives, kAccuracy)) faults.add(std::string("accuracy is missing: it is what a search is for"));
  if (std::set(objectives.begin(), objectives.end()).size() < objectives.size())
    faults.add(std::string("one of them stands there twice"));
  faults.throw_if_any(ErrorKind::usage);
  return config;
}

bool needs_latency(const SearchConfig& config) {
  return config.limits.latency > 0 || contains(config.objectives, kLatency);
}

std::vector<double> costs_of(const Json& facts, const std::vector<std::string>& objectives) {
  std::vector<double> costs;
  for (const std::string& objective : objectives) {
    const auto cost = std::ranges::find(kCosts, objective, &std::pair<std::string, std::string>::first);
    if (cost == kCosts.end()) continue;
    costs.push_back(facts.contains(cost->second) ? facts[cost->second].get<double>()
                                                 : std::numeric_limits<double>::quiet_NaN());
  }
  return costs;
}

void check_limits(const Net& net, const LimitsConfig& limits, double milliseconds) {
  Faults faults("limits");
  const auto check = [&](const char* name, int64_t has, int64_t limit) {
    if (limit > 0 && has > limit)
      faults.add(std::to_string(has) + " " + name + " are more than " + std::to_string(limit));
  };
  check("parameters", net.parameter_count(), limits.parameters);
  check("multiply-adds", net.multiply_adds(), limits.multiply_adds);
  if (limits.latency > 0 && milliseconds > limits.latency)
    faults.add(fixed(milliseconds, 3) + " ms for an image are more than " + fixed(limits.latency, 3));
  faults.throw_if_any(ErrorKind::usage);
}

}  // namespace gtn
