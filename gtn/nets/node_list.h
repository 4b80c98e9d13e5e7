// The nodes of a network while it is being written down. Every function returns the index of the node that holds its
// result; an index may be -1, the image.
#pragma once

#include "gtn/nets/linear.h"
#include "gtn/nets/net.h"

namespace gtn {

class NodeList final {
 public:
  // A layer that reads the sum of `inputs`.
  int append(std::vector<int> inputs, LayerPtr layer);
  int append(int input, LayerPtr layer) { return append(std::vector<int>{input}, std::move(layer)); }
  // The sum of nodes; of one, that node.
  int sum(std::vector<int> inputs);

  int relu(int x);
  // Convolutions without bias, since a norm follows: alone, before batch norm, and between ReLU and batch norm.
  int conv(int x, ConvOptions options);
  int conv_norm(int x, const ConvOptions& options);
  int relu_conv_norm(int x, const ConvOptions& options) { return conv_norm(relu(x), options); }

  // All nodes; or those that the last one depends on, which is what a Net may have.
  std::vector<Node> take() && { return std::move(nodes_); }
  std::vector<Node> take_used() &&;

 private:
  std::vector<Node> nodes_;
};

}  // namespace gtn
