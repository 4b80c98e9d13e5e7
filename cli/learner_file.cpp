#include "cli/learner_file.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <set>

#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/search/space.h"

namespace gtn {
namespace {

constexpr uint64_t kLargest = 64 << 10;
constexpr int64_t kMostOfSpace = 1000;
constexpr int64_t kDraws = 100;  // for each architecture that is wanted, before a space counts as exhausted

// "64 of nb201(width=4)".
struct Draws {
  int64_t count = 0;
  std::string space;
};

std::optional<Draws> draws_in(const std::string& text) {
  constexpr std::string_view kOf = " of ";
  Draws draws;
  const auto [rest, fault] = std::from_chars(text.data(), text.data() + text.size(), draws.count);
  const std::string_view after(rest, text.data() + text.size());
  if (fault != std::errc() || !after.starts_with(kOf)) return std::nullopt;
  draws.space = after.substr(kOf.size());
  return draws;
}

std::vector<std::string> draw(const Draws& draws, const Key& key) {
  if (draws.count < 1 || draws.count > kMostOfSpace)
    throw usage_error("population.fixed", std::to_string(draws.count) + " of a space: take 1 to " +
                                              std::to_string(kMostOfSpace) + " architectures");
  const SpacePtr space = open_space(draws.space);
  std::set<std::string> known;
  std::vector<std::string> learners;
  for (int64_t i = 0; i < kDraws * draws.count && std::ssize(learners) < draws.count; ++i) {
    const std::string genotype = space->sample(key.split(static_cast<uint64_t>(i)));
    if (known.insert(genotype).second) learners.push_back(space->learner(genotype));
  }
  return learners;
}

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

std::vector<LearnerText> settle_learners(RunConfig& config) {
  std::vector<LearnerText> files;
  const auto read = [&](std::string& learner) {
    const bool named = learner.starts_with('@');
    if (named) learner = files.emplace_back(read_learner(learner)).text;
    return named;
  };
  const Key key = Key(static_cast<uint64_t>(config.seed)).split("population.fixed");
  std::vector<std::string> fixed;
  for (std::string& learner : config.meta.population.fixed) {
    const std::optional<Draws> draws = read(learner) ? std::nullopt : draws_in(learner);
    if (draws)
      std::ranges::copy(draw(*draws, key.split(fixed.size())), std::back_inserter(fixed));
    else
      fixed.push_back(learner);
  }
  config.meta.population.fixed = std::move(fixed);
  read(config.experts.learner);
  read(config.validation.learner);
  return files;
}

void check_learners(const RunConfig& config, const std::vector<LearnerText>& files, const Shape& image,
                    int64_t classes) {
  Faults faults("learners");
  const auto check = [&](const std::string& text) {
    const auto file = std::ranges::find(files, text, &LearnerText::text);
    try {
      make_net(file != files.end() ? *file : LearnerText{text, ""}, image, classes);
    } catch (const Error& error) {
      faults.add(error.what());
    }
  };
  std::ranges::for_each(config.meta.population.fixed, check);
  if (!config.validation.learner.empty()) check(config.validation.learner);
  faults.throw_if_any(ErrorKind::usage);
}

}  // namespace gtn
