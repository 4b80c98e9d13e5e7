#include "gtn/nets/node_list.h"

#include "gtn/nets/activation.h"
#include "gtn/nets/norm.h"

namespace gtn {

int NodeList::append(std::vector<int> inputs, LayerPtr layer) {
  nodes_.push_back({std::move(inputs), std::move(layer)});
  return static_cast<int>(nodes_.size()) - 1;
}

int NodeList::sum(std::vector<int> inputs) {
  return inputs.size() == 1 ? inputs.front() : append(std::move(inputs), nullptr);
}

int NodeList::relu(int x) { return append(x, std::make_shared<LeakyRelu>(0.0)); }

int NodeList::conv(int x, ConvOptions options) {
  options.bias = Bias::none;
  return append(x, std::make_shared<Conv>(options));
}

int NodeList::conv_norm(int x, const ConvOptions& options) {
  return append(conv(x, options), std::make_shared<StandardNorm>(NormOver::batch, options.out));
}

std::vector<Node> NodeList::take_used() && {
  std::vector<bool> used(nodes_.size());
  used.back() = true;
  for (size_t i = nodes_.size(); i-- > 0;)
    for (const int input : nodes_[i].inputs)
      if (used[i] && input >= 0) used[static_cast<size_t>(input)] = true;
  std::vector<int> place(nodes_.size());
  std::vector<Node> result;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!used[i]) continue;
    place[i] = static_cast<int>(result.size());
    for (int& input : nodes_[i].inputs)
      if (input >= 0) input = place[static_cast<size_t>(input)];
    result.push_back(std::move(nodes_[i]));
  }
  return result;
}

}  // namespace gtn
