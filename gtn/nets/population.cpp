#include "gtn/nets/population.h"

#include <algorithm>
#include <sstream>

#include "gtn/core/error.h"

namespace gtn {
namespace {

constexpr size_t kShown = 10;  // of fixed learners, in a description

template <class T>
const T& draw(const std::vector<T>& list, const Key& key) {
  return list[static_cast<size_t>(key.index(static_cast<int64_t>(list.size())))];
}

// One block: convolution, norm, activation, pooling. A strided convolution pools by itself.
std::string block(int64_t width, const PopulationConfig& config, const Key& key) {
  const std::string pool = draw(config.pools, key.split("pool")), norm = draw(config.norms, key.split("norm"));
  std::string text =
      "conv(" + std::to_string(width) + ", k=" + std::to_string(draw(config.kernels, key.split("kernel")));
  text += pool == "stride" ? ", s=2) " : ") ";
  if (norm != "none") text += "norm(" + norm + ") ";
  text += draw(config.activations, key.split("activation")) + " ";
  return pool == "stride" ? text : text + pool + " ";
}

std::string list_text(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& word : list) text += (text.empty() ? "" : "|") + word;
  return text;
}

// A text on one line, without its comments.
std::string on_one_line(const std::string& text) {
  std::istringstream lines(text);
  std::string result;
  for (std::string line, word; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    while (words >> word) result += (result.empty() ? "" : " ") + word;
  }
  return result;
}

std::string list_text(const std::vector<int64_t>& list) {
  std::vector<std::string> words;
  for (const int64_t number : list) words.push_back(std::to_string(number));
  return list_text(words);
}

}  // namespace

std::string sample_learner(const PopulationConfig& config, const Key& key) {
  if (!config.fixed.empty()) return draw(config.fixed, key.split("fixed"));
  const int64_t width = draw(config.widths, key.split("width")), depth = draw(config.depths, key.split("depth"));
  // Norm, activation and pooling are one choice for the whole learner, as in networks that people write.
  const Key style = key.split("style");
  std::string text;
  for (int64_t i = 0; i < depth; ++i) text += block(i == 0 ? width : 2 * width, config, style);
  const std::string head = draw(config.heads, key.split("head"));
  if (head == "hidden")
    return text + "flatten linear(" + std::to_string(4 * width) + ") " +
           draw(config.activations, style.split("activation")) + " linear(classes)";
  return text + head + " linear(classes)";
}

std::string leading_learner(const PopulationConfig& config, const Key& key) {
  if (!config.fixed.empty()) return config.fixed.front();
  PopulationConfig leading = config;
  leading.widths = {*std::ranges::max_element(config.widths)};
  leading.depths = {*std::ranges::max_element(config.depths)};
  std::erase(leading.heads, "gap");
  if (leading.heads.empty()) leading.heads = config.heads;
  return sample_learner(leading, key);
}

std::vector<std::string> hardest_learners(const PopulationConfig& config, const Key& key) {
  if (!config.fixed.empty()) return config.fixed;
  std::vector<std::string> texts;
  PopulationConfig corner = config;
  corner.depths = {*std::ranges::max_element(config.depths)};
  for (const std::string& pool : config.pools) {
    for (const int64_t kernel : config.kernels) {
      corner.pools = {pool};
      corner.kernels = {kernel};
      texts.push_back(sample_learner(corner, key));
    }
  }
  return texts;
}

std::vector<std::string> largest_learners(const PopulationConfig& config) {
  if (!config.fixed.empty()) return config.fixed;
  std::vector<std::string> texts;
  PopulationConfig corner = config;
  corner.widths = {*std::ranges::max_element(config.widths)};
  corner.kernels = {*std::ranges::max_element(config.kernels)};
  for (const int64_t depth : config.depths) {
    for (const std::string& pool : config.pools) {
      for (const std::string& norm : config.norms) {
        for (const std::string& head : config.heads) {
          corner.depths = {depth};
          corner.pools = {pool};
          corner.norms = {norm};
          corner.heads = {head};
          texts.push_back(sample_learner(corner, Key(0)));
        }
      }
    }
  }
  return texts;
}

std::string describe_population(const PopulationConfig& config) {
  if (!config.fixed.empty()) {
    const size_t count = config.fixed.size(), shown = std::min(count, kShown);
    std::vector<std::string> texts;
    for (size_t i = 0; i < shown; ++i) texts.push_back(on_one_line(config.fixed[i]));
    return list_text(texts) + (count > shown ? " and " + std::to_string(count - shown) + " more" : "");
  }
  return "sampled: widths " + list_text(config.widths) + ", depths " + list_text(config.depths) + ", kernels " +
         list_text(config.kernels) + ", pools " + list_text(config.pools) + ", norms " + list_text(config.norms) +
         ", activations " + list_text(config.activations) + ", heads " + list_text(config.heads);
}

void check_population(const PopulationConfig& config) {
  if (!config.fixed.empty()) return;
  Faults faults("population");
  const auto check = [&](const std::vector<std::string>& list, const std::string& name,
                         const std::vector<std::string>& allowed) {
    if (list.empty()) faults.add(name + " is empty");
    for (const std::string& word : list)
      if (std::ranges::find(allowed, word) == allowed.end())
        faults.add("'" + word + "' in " + name + " is not one of " + list_text(allowed));
  };
  const auto check_numbers = [&](const std::vector<int64_t>& list, const std::string& name, int64_t high) {
    if (list.empty()) faults.add(name + " is empty");
    for (const int64_t number : list)
      if (number < 1 || number > high)
        faults.add(std::to_string(number) + " in " + name + " is not from 1 to " + std::to_string(high));
  };
  check_numbers(config.widths, "widths", 4096);
  check_numbers(config.depths, "depths", 16);
  check_numbers(config.kernels, "kernels", 31);
  check(config.pools, "pools", {"maxpool(2)", "avgpool(2)", "stride"});
  check(config.norms, "norms", {"none", "mean", "batch", "instance"});
  check(config.activations, "activations", {"relu", "leaky_relu(0.1)", "silu", "tanh"});
  check(config.heads, "heads", {"flatten", "gap", "hidden"});
  faults.throw_if_any(ErrorKind::usage);
}

}  // namespace gtn
