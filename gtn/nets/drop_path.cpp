#include "gtn/nets/drop_path.h"

#include <stdexcept>

namespace gtn {
namespace {

// y_i = factor_i x_i for each image i of the batch.
class ImageScale final : public Layer {
 public:
  explicit ImageScale(Tensor factor) : factor_(std::move(factor)) {}

  std::string text() const override { return "image_scale"; }
  Shape output_shape(const Shape& input) const override { return input; }
  Dual forward(std::span<const Dual>, const Dual& x, Tape&) const override { return scaled(x); }
  Dual backward(std::span<const Dual>, const Dual& grad_y, Tape& tape, std::span<Dual>) const override {
    return tape.need_grad_x == Need::nothing ? Dual{} : scaled(grad_y);
  }

 private:
  Dual scaled(const Dual& x) const {
    Shape shape(static_cast<size_t>(x.value.dim()), 1);
    shape[0] = -1;
    const Tensor factor = factor_.to(x.value.options()).view(shape);
    return linear_map(x, [&](const Tensor& t) { return t * factor; });
  }

  Tensor factor_;  // [B]
};

}  // namespace

std::shared_ptr<const Net> with_dropped_paths(const Net& net, double probability, int64_t batch, const Key& key) {
  if (!(probability >= 0 && probability < 1) || batch < 1)
    throw std::invalid_argument("with_dropped_paths: a probability in [0, 1), and images");
  std::vector<int> readers(net.nodes().size());
  for (const Node& node : net.nodes())
    for (const int input : node.inputs)
      if (input >= 0) ++readers[static_cast<size_t>(input)];
  std::vector<Node> nodes;
  std::vector<int> place;  // of each node of the net in `nodes`
  const auto at = [&](int node) { return node < 0 ? node : place[static_cast<size_t>(node)]; };
  for (size_t i = 0; i < net.nodes().size(); ++i) {
    Node node{{}, net.nodes()[i].layer};
    const std::vector<int>& inputs = net.nodes()[i].inputs;
    for (const int input : inputs) {
      node.inputs.push_back(at(input));
      if (inputs.size() < 2 || input < 0 || readers[static_cast<size_t>(input)] > 1) continue;
      const Tensor stays = key.split(static_cast<uint64_t>(input)).uniform({batch}, 0, 1) >= probability;
      nodes.push_back({{at(input)}, std::make_shared<ImageScale>(stays.to(at::kFloat) / (1 - probability))});
      node.inputs.back() = static_cast<int>(nodes.size()) - 1;
    }
    place.push_back(static_cast<int>(nodes.size()));
    nodes.push_back(std::move(node));
  }
  return std::make_shared<Net>(net.text(), net.input(), net.classes(), std::move(nodes))->in(net.precision());
}

}  // namespace gtn
