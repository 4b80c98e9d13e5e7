#include "cli/learner_file.h"

#include "gtn/core/error.h"
#include "gtn/core/file.h"

namespace gtn {
namespace {

constexpr uint64_t kLargest = 64 << 10;

}  // namespace

LearnerText read_learner(const std::string& argument) {
  const bool marked = argument.starts_with('@');
  if (!marked && argument.find('/') == std::string::npos && !argument.ends_with(".txt")) return {argument, ""};
  const std::string file = marked ? argument.substr(1) : argument;
  if (file.empty()) throw usage_error("learner '@'", "names no file; write @my_net.txt");
  return {read_file(file, kLargest), file};
}

std::shared_ptr<const Net> make_net(const LearnerText& learner, const Shape& input, int64_t classes) {
  if (learner.file.empty()) return make_net(learner.text, input, classes);
  try {
    return make_net(learner.text, input, classes);
  } catch (const Error& error) {
    throw Error(error.kind(), learner.file, error.what());
  }
}

std::vector<LearnerText> read_learner_files(RunConfig& config) {
  std::vector<LearnerText> files;
  const auto read = [&](std::string& learner) {
    if (learner.starts_with('@')) learner = files.emplace_back(read_learner(learner)).text;
  };
  for (std::string& learner : config.meta.population.fixed) read(learner);
  read(config.experts.learner);
  read(config.validation.learner);
  return files;
}

}  // namespace gtn
