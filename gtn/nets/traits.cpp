#include "gtn/nets/traits.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

namespace gtn {
namespace {

// Words whose presence is a feature.
const std::vector<std::string>& words() {
  static const std::vector<std::string> list{"norm(mean)", "norm(batch)", "norm(instance)", "maxpool(", "avgpool(",
                                             "s=2",        "relu",        "leaky_relu",     "silu",     "tanh",
                                             "gap",        "res{"};
  return list;
}

// How often the word begins in the text: "relu" does not in "leaky_relu".
double count_of(const std::string& text, const std::string& word) {
  double count = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
    count += at == 0 || (text[at - 1] != '_' && std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0);
  return count;
}

// Of the layer that the text begins with; 1 where it is the last one.
double first_width(const std::string& text) {
  const size_t conv = text.find("conv("), linear = text.find("linear(");
  const size_t first = std::min(conv, linear);
  if (first == std::string::npos) return 1;
  return std::max(1.0, std::strtod(text.c_str() + text.find('(', first) + 1, nullptr));
}

}  // namespace

const std::vector<std::string>& trait_names() {
  static const std::vector<std::string> list = [] {
    std::vector<std::string> names = words();
    names.insert(names.end(), {"no norm", "convolutions / 3", "linear layers / 3", "log2(width) / 4"});
    return names;
  }();
  return list;
}

std::vector<double> learner_traits(const std::string& text) {
  std::vector<double> traits;
  for (const std::string& word : words()) traits.push_back(count_of(text, word) > 0 ? 1 : 0);
  traits.push_back(text.find("norm(") == std::string::npos ? 1 : 0);
  traits.push_back(count_of(text, "conv(") / 3);
  traits.push_back(count_of(text, "linear(") / 3);
  traits.push_back(std::log2(first_width(text)) / 4);
  return traits;
}

Tensor trait_shares(const std::string& text) {
  const std::vector<double> traits = learner_traits(text);
  return at::tensor(traits, at::kFloat) / static_cast<double>(traits.size());
}

double conditioned_multiplier(const Tensor& log_multipliers, const std::string& text) {
  return std::exp(scalar(at::dot(log_multipliers, trait_shares(text))));
}

}  // namespace gtn
