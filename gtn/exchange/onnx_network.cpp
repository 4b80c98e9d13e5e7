#include <cmath>

#include "gtn/exchange/onnx.h"
#include "gtn/exchange/portable_network.h"
#include "gtn/exchange/text.h"
#include "gtn/nets/norm.h"

namespace gtn {
namespace {

using Names = std::vector<std::string>;

constexpr const char* kAbout =
    "An image classifier. pixels: raw pixel values from 0 to 255, [N, C, H, W]; the preprocessing is part of the "
    "graph. logits and probabilities: [N, classes], in the order of class_names in the metadata.";
constexpr const char* kAboutRows =
    "A classifier of the rows of a table. rows: its columns but the class, in their order and units, [N, columns]; the "
    "preprocessing is part of the graph. logits and probabilities: [N, classes], in the order of class_names in the "
    "metadata.";

// A vector with one value a channel, shaped to broadcast over a batch of these.
Tensor over_positions(const Tensor& values, const Shape& one) {
  return one.size() == 3 ? values.view({-1, 1, 1}) : values;
}

std::vector<int64_t> list(const std::array<int64_t, 2>& pair) { return {pair[0], pair[1]}; }

// Adds the nodes of one operation to the graph and returns the name of its result.
class OnnxOperationWriter {
 public:
  OnnxOperationWriter(OnnxGraph& graph, std::string name, const Operation& operation, const Names& inputs)
      : graph_(graph), name_(std::move(name)), operation_(operation), inputs_(inputs) {}

  std::string operator()(const SumOperation&) const { return graph_.node("Sum", inputs_, name_); }

  std::string operator()(const ConvOperation& conv) const {
    const ConvOptions& o = conv.options;
    return graph_.node("Conv", with_weights(conv.weight, conv.bias), name_,
                       {{"kernel_shape", list(o.kernel)},
                        {"strides", list(o.stride)},
                        {"pads", std::vector{o.padding[0], o.padding[1], o.padding[0], o.padding[1]}},
                        {"dilations", list(o.dilation)},
                        {"group", o.groups}});
  }

  std::string operator()(const LinearOperation& linear) const {
    return graph_.node("Gemm", with_weights(linear.weight, linear.bias), name_, {{"transB", int64_t{1}}});
  }

  std::string operator()(const PoolOperation& pool) const {
    const PoolOptions& o = pool.options;
    OnnxAttributes attributes{{"kernel_shape", std::vector{o.kernel, o.kernel}},
                              {"strides", std::vector{o.stride, o.stride}},
                              {"pads", std::vector{o.before, o.before, o.after, o.after}}};
    if (o.kind == PoolKind::max) return graph_.node("MaxPool", inputs_, name_, attributes);
    attributes.push_back({"count_include_pad", int64_t{0}});
    return graph_.node("AveragePool", inputs_, name_, attributes);
  }

  std::string operator()(const GlobalPoolOperation&) const {
    return graph_.node("Flatten", {graph_.node("GlobalAveragePool", inputs_, part("mean"))}, name_);
  }

  std::string operator()(const FlattenOperation&) const {
    if (operation_.input.size() != 3) return graph_.node("Identity", inputs_, name_);
    return graph_.node("Flatten", {transposed(inputs_[0], "positions", {0, 2, 3, 1})}, name_);
  }

  std::string operator()(const LeakyReluOperation& relu) const {
    if (relu.slope == 0) return graph_.node("Relu", inputs_, name_);
    return graph_.node("LeakyRelu", inputs_, name_, {{"alpha", relu.slope}});
  }
  std::string operator()(const TanhOperation&) const { return graph_.node("Tanh", inputs_, name_); }
  std::string operator()(const SiluOperation&) const {
    return graph_.node("Mul", {inputs_[0], graph_.node("Sigmoid", inputs_, part("gate"))}, name_);
  }

  std::string operator()(const MeanNormOperation& norm) const {
    const Tensor shift = over_positions(norm.bias - norm.mean, operation_.input);
    return graph_.node("Add", {inputs_[0], constant("shift", shift)}, name_);
  }
  std::string operator()(const BatchNormOperation& norm) const {
    return graph_.node("BatchNormalization",
                       {inputs_[0], constant("gain", norm.gain), constant("bias", norm.bias),
                        constant("mean", norm.mean), constant("variance", norm.variance)},
                       name_, {{"epsilon", kNormEpsilon}});
  }
  std::string operator()(const InstanceNormOperation& norm) const {
    return graph_.node("InstanceNormalization", {inputs_[0], constant("gain", norm.gain), constant("bias", norm.bias)},
                       name_, {{"epsilon", kNormEpsilon}});
  }

  // Positions P = H W as rows [N, P, C]; heads as [N, heads, P, dim].
  std::string operator()(const AttentionOperation& attention) const {
    const Shape& shape = operation_.input;
    const int64_t positions = shape[1] * shape[2], inner = attention.heads * attention.dim;
    const std::string rows = transposed(reshaped(inputs_[0], "flat", {0, shape[0], positions}), "rows", {0, 2, 1});
    const auto heads = [&](const char* which, const Tensor& weight, std::vector<int64_t> order) {
      const std::string projected = multiplied(rows, constant(which, weight.t()), std::string(which) + "_rows");
      return transposed(
          reshaped(projected, std::string(which) + "_split", {0, positions, attention.heads, attention.dim}),
          std::string(which) + "_heads", std::move(order));
    };
    const std::string query = heads("query", attention.query, {0, 2, 1, 3});
    const std::string key = heads("key", attention.key, {0, 2, 3, 1});
    const std::string value = heads("value", attention.value, {0, 2, 1, 3});
    const auto scale = static_cast<float>(1 / std::sqrt(static_cast<double>(attention.dim)));
    const std::string scores =
        graph_.node("Mul", {multiplied(query, key, "products"), constant("scale", at::full({1}, scale, at::kFloat))},
                    part("scores"));
    const std::string weights = graph_.node("Softmax", {scores}, part("weights"), {{"axis", int64_t{-1}}});
    const std::string mixed = transposed(multiplied(weights, value, "mixed_heads"), "mixed_split", {0, 2, 1, 3});
    const std::string merged = reshaped(mixed, "mixed", {0, positions, inner});
    const std::string result = multiplied(merged, constant("output", attention.output.t()), "output_rows");
    return graph_.node(
        "Reshape",
        {transposed(result, "output_flat", {0, 2, 1}), dims("output_shape", {0, shape[0], shape[1], shape[2]})}, name_);
  }

 private:
  std::string part(const std::string& what) const { return name_ + "." + what; }
  std::string constant(const std::string& what, const Tensor& value) const {
    return graph_.constant(part(what), value);
  }
  std::string dims(const std::string& what, const std::vector<int64_t>& extents) const {
    return graph_.constant(part(what), extents);
  }
  Names with_weights(const Tensor& weight, const Tensor& bias) const {
    Names names{inputs_[0], constant("weight", weight)};
    if (bias.defined()) names.push_back(constant("bias", bias));
    return names;
  }
  std::string transposed(const std::string& x, const std::string& what, std::vector<int64_t> order) const {
    return graph_.node("Transpose", {x}, part(what), {{"perm", std::move(order)}});
  }
  // An extent of 0 stays as it is.
  std::string reshaped(const std::string& x, const std::string& what, const std::vector<int64_t>& extents) const {
    return graph_.node("Reshape", {x, dims(what + "_shape", extents)}, part(what));
  }
  std::string multiplied(const std::string& a, const std::string& b, const std::string& what) const {
    return graph_.node("MatMul", {a, b}, part(what));
  }

  OnnxGraph& graph_;
  std::string name_;
  const Operation& operation_;
  const Names& inputs_;
};

// What the network reads, as images [N, C, H, W].
std::string raw_input(OnnxGraph& graph, const PortableNetwork& network) {
  const Shape& image = network.input;
  if (!network.of_rows()) return graph.input("pixels", {"N", image[0], image[1], image[2]});
  const std::string rows = graph.input("rows", {"N", image[0]});
  return graph.node("Reshape", {rows, graph.constant("row_shape", {-1, image[0], 1, 1})}, "values_of_rows");
}

// Normalization::apply(), step by step.
std::string normalised(OnnxGraph& graph, const std::string& pixels, const PortableNetwork& network) {
  const double white = network.of_rows() ? 1 : 255;
  const Normalization& units = network.normalization;
  const Shape& image = network.input;
  const auto scaled = [&](const char* name, const Tensor& values) {
    return graph.constant(name, over_positions(values * white, image));
  };
  std::string x = graph.node("Sub", {pixels, scaled("pixel_mean", units.mean)}, "centred");
  x = graph.node("Div", {x, scaled("pixel_std", units.std)}, "standardised");
  if (!units.whitening.defined()) return x;
  x = graph.node("Flatten", {x}, "values");
  x = graph.node("Sub", {x, graph.constant("whitening_mean", units.whitening.mean)}, "centred_values");
  x = graph.node("MatMul", {x, graph.constant("whitening", units.whitening.matrix)}, "white_values");
  return graph.node("Reshape", {x, graph.constant("image_shape", {-1, image[0], image[1], image[2]})}, "whitened");
}

}  // namespace

std::string encode_onnx(const PortableNetwork& network) {
  OnnxGraph graph("classifier");
  const std::string input = normalised(graph, raw_input(graph, network), network);
  Names results;
  for (const Operation& operation : network.operations) {
    Names inputs;
    for (const int index : operation.inputs) inputs.push_back(index < 0 ? input : results[static_cast<size_t>(index)]);
    const std::string name = "n" + std::to_string(results.size());
    results.push_back(std::visit(OnnxOperationWriter(graph, name, operation, inputs), operation.what));
  }
  const OnnxDimensions answers{"N", static_cast<int64_t>(network.class_names.size())};
  graph.output(graph.node("Identity", {results.back()}, "logits"), answers);
  graph.output(graph.node("Softmax", {"logits"}, "probabilities", {{"axis", int64_t{1}}}), answers);
  return graph.encode(network.of_rows() ? kAboutRows : kAbout,
                      {{"learner", network.learner},
                       {"class_names", json_text(network.class_names)},
                       {"dataset", valid_utf8(network.dataset)},
                       {"dataset_fingerprint", valid_utf8(network.dataset_fingerprint)}});
}

}  // namespace gtn
