#include <algorithm>

#include "gtn/core/config_writer.h"
#include "gtn/exchange/portable_network.h"
#include "gtn/exchange/text.h"
#include "gtn/nets/norm.h"

namespace gtn {
namespace {

// Pieces of Python that some networks need.
constexpr const char* kMeanNorm = R"(

class MeanNorm(nn.Module):
    """Batch norm that takes away the mean alone (Salimans and Kingma, 2016)."""

    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))

    def forward(self, x):
        others = [dim for dim in range(x.dim()) if dim != 1]
        mean = x.mean(others) if self.training else self.running_mean
        if self.training:
            self.running_mean.lerp_(mean.detach(), 0.1)
        return x + (self.bias - mean).view([-1] + [1] * (x.dim() - 2))
)";

constexpr const char* kAttention = R"(

class Attention(nn.Module):
    """Scaled dot-product attention with several heads over the positions of an image."""

    def __init__(self, channels, heads, dim):
        super().__init__()
        self.heads, self.dim = heads, dim
        self.query = nn.Linear(channels, heads * dim, bias=False)
        self.key = nn.Linear(channels, heads * dim, bias=False)
        self.value = nn.Linear(channels, heads * dim, bias=False)
        self.output = nn.Linear(heads * dim, channels, bias=False)

    def forward(self, x):
        rows = x.flatten(2).transpose(1, 2)
        query, key, value = (to(rows).unflatten(2, (self.heads, self.dim)).transpose(1, 2)
                             for to in (self.query, self.key, self.value))
        weights = torch.softmax(query @ key.transpose(2, 3) / self.dim ** 0.5, 3)
        return self.output((weights @ value).transpose(1, 2).flatten(2)).transpose(1, 2).reshape(x.shape)
)";

constexpr const char* kMeanPool = R"(

def mean_pool(x, kernel, stride, before, after):
    """Means over windows, what was padded left out of their count."""
    def mean(t):
        return F.avg_pool2d(F.pad(t, (before, after, before, after)), kernel, stride)
    return mean(x) / mean(torch.ones_like(x[:1, :1]))
)";

std::string pair(const std::array<int64_t, 2>& values) {
  if (values[0] == values[1]) return std::to_string(values[0]);
  return "(" + std::to_string(values[0]) + ", " + std::to_string(values[1]) + ")";
}

using Arrays = std::map<std::string, Tensor>;

// What one operation is in Python. `apply` stands for what follows "name = ", with "{}" where its input goes.
struct Python {
  std::string module = {};  // what makes it, where it has numbers of its own
  std::string apply;
  Arrays arrays = {};  // by their names in the module
  const char* needs = "";
};

struct PythonOf {
  const Operation& operation;

  static Python module(std::string made, Arrays arrays, const char* needs = "") {
    std::erase_if(arrays, [](const auto& named) { return !named.second.defined(); });
    return {.module = std::move(made), .apply = "", .arrays = std::move(arrays), .needs = needs};
  }
  static Python function(std::string apply, const char* needs = "") {
    return {.apply = std::move(apply), .needs = needs};
  }
  std::string channels() const { return std::to_string(operation.input[0]); }
  std::string rank() const { return operation.input.size() == 3 ? "2d(" : "1d("; }

  Python operator()(const SumOperation&) const { return function(""); }

  Python operator()(const ConvOperation& conv) const {
    const ConvOptions& o = conv.options;
    std::string made = "nn.Conv2d(" + std::to_string(o.in) + ", " + std::to_string(o.out) + ", " + pair(o.kernel);
    const std::array<int64_t, 2> one{1, 1}, zero{0, 0};
    if (o.stride != one) made += ", stride=" + pair(o.stride);
    if (o.padding != zero) made += ", padding=" + pair(o.padding);
    if (o.dilation != one) made += ", dilation=" + pair(o.dilation);
    if (o.groups != 1) made += ", groups=" + std::to_string(o.groups);
    return module(made + (conv.bias.defined() ? ")" : ", bias=False)"), {{"weight", conv.weight}, {"bias", conv.bias}});
  }

  Python operator()(const LinearOperation& linear) const {
    return module("nn.Linear(" + channels() + ", " + std::to_string(operation.output[0]) +
                      (linear.bias.defined() ? ")" : ", bias=False)"),
                  {{"weight", linear.weight}, {"bias", linear.bias}});
  }

  Python operator()(const PoolOperation& pool) const {
    const PoolOptions& o = pool.options;
    const std::string before = std::to_string(o.before), after = std::to_string(o.after),
                      window = std::to_string(o.kernel) + ", " + std::to_string(o.stride);
    const bool even = o.before == o.after;
    if (o.kind == PoolKind::average)
      return even ? function("F.avg_pool2d({}, " + window + ", " + before + ", count_include_pad=False)")
                  : function("mean_pool({}, " + window + ", " + before + ", " + after + ")", kMeanPool);
    if (even) return function("F.max_pool2d({}, " + window + ", " + before + ")");
    const std::string sides = before + ", " + after;
    return function("F.max_pool2d(F.pad({}, (" + sides + ", " + sides + "), value=-torch.inf), " + window + ")");
  }

  Python operator()(const GlobalPoolOperation&) const { return function("{}.mean((2, 3))"); }
  Python operator()(const FlattenOperation&) const {
    return function(operation.input.size() == 3 ? "{}.permute(0, 2, 3, 1).flatten(1)" : "{}");
  }
  Python operator()(const LeakyReluOperation& relu) const {
    return function(relu.slope == 0 ? "F.relu({})" : "F.leaky_relu({}, " + number_text(relu.slope) + ")");
  }
  Python operator()(const TanhOperation&) const { return function("torch.tanh({})"); }
  Python operator()(const SiluOperation&) const { return function("F.silu({})"); }

  Python operator()(const MeanNormOperation& norm) const {
    return module("MeanNorm(" + channels() + ")", {{"bias", norm.bias}, {"running_mean", norm.mean}}, kMeanNorm);
  }
  Python operator()(const BatchNormOperation& norm) const {
    return module("nn.BatchNorm" + rank() + channels() + ")", {{"weight", norm.gain},
                                                               {"bias", norm.bias},
                                                               {"running_mean", norm.mean},
                                                               {"running_var", norm.variance},
                                                               {"num_batches_tracked", at::zeros({}, at::kLong)}});
  }
  Python operator()(const InstanceNormOperation& norm) const {
    return module("nn.InstanceNorm2d(" + channels() + ", affine=True)", {{"weight", norm.gain}, {"bias", norm.bias}});
  }
  Python operator()(const AttentionOperation& a) const {
    return module(
        "Attention(" + channels() + ", " + std::to_string(a.heads) + ", " + std::to_string(a.dim) + ")",
        {{"query.weight", a.query}, {"key.weight", a.key}, {"value.weight", a.value}, {"output.weight", a.output}},
        kAttention);
  }
};

std::string module_name(size_t operation) { return "layer" + std::to_string(operation); }

std::vector<Python> python_of(const PortableNetwork& network) {
  std::vector<Python> result;
  for (const Operation& operation : network.operations) {
    result.push_back(std::visit(PythonOf{operation}, operation.what));
    if (!result.back().module.empty()) result.back().apply = "self." + module_name(result.size() - 1) + "({})";
  }
  return result;
}

// The name of each operation's result: "x" where the next operation is the only one to read it, else one of its own.
std::vector<std::string> variables_of(const std::vector<Operation>& operations) {
  std::vector<std::vector<size_t>> readers(operations.size());
  for (size_t i = 0; i < operations.size(); ++i)
    for (const int input : operations[i].inputs)
      if (input >= 0) readers[static_cast<size_t>(input)].push_back(i);
  std::vector<std::string> names;
  for (size_t i = 0; i < operations.size(); ++i)
    names.push_back(readers[i].empty() || readers[i] == std::vector{i + 1} ? "x" : "x" + std::to_string(i));
  return names;
}

std::string forward_text(const std::vector<Operation>& operations, const std::vector<Python>& python) {
  const std::vector<std::string> names = variables_of(operations);
  std::string text;
  for (size_t i = 0; i < operations.size(); ++i) {
    std::string inputs;
    for (const int input : operations[i].inputs)
      inputs.append(inputs.empty() ? "" : " + ").append(input < 0 ? "image" : names[static_cast<size_t>(input)]);
    std::string line = python[i].apply.empty() ? inputs : python[i].apply;
    if (const size_t hole = line.find("{}"); hole != std::string::npos) line.replace(hole, 2, inputs);
    text += "        " + names[i] + " = " + line + "\n";
  }
  return text + "        return " + names.back() + "\n";
}

std::string registered(const std::string& name, const Shape& shape) {
  std::string extents;
  for (const int64_t extent : shape) extents += (extents.empty() ? "" : ", ") + std::to_string(extent);
  return "        self.register_buffer(\"" + name + "\", torch.zeros(" + extents + "))\n";
}

std::string head_text(const PortableNetwork& network) {
  const std::string channels = std::to_string(network.input[0]);
  const std::string input =
      network.of_rows()
          ? "rows)  # float values of a table's columns but the class, in their order, [N, " + channels + "]"
          : "pixels)  # float pixels from 0 to 255, [N, " + channels + ", " + std::to_string(network.input[1]) + ", " +
                std::to_string(network.input[2]) + "]";
  return R"("""A trained network as a PyTorch module, with the preprocessing of its input. Put this file and its weights side by side:

    import NAME  # this file without its ending
    model = NAME.load()
    logits = model()" +
         input + R"(
"""
import pathlib

import numpy
import torch
from torch import nn
from torch.nn import functional as F

LEARNER = )" +
         json_text(network.learner) + "\nCLASSES = " + json_text(network.class_names) +
         "\nDATASET = " + json_text(network.dataset) + "\n";
}

constexpr const char* kPreprocessing = R"(
    def preprocess(self, pixels):
        """Raw pixels as the units that the network learned in."""
        )";
constexpr const char* kRowPreprocessing = R"(
    def preprocess(self, rows):
        """Raw rows as images of one pixel, in the units that the network learned in."""
        )";
constexpr const char* kStandardised = "(pixels - 255 * self.mean) / (255 * self.std)\n";
constexpr const char* kRowsStandardised = "(rows[:, :, None, None] - self.mean) / self.std\n";
constexpr const char* kWhitened =
    "        values = (image.flatten(1) - self.whitening_mean) @ self.whitening\n        return "
    "values.view(image.shape)\n";

}  // namespace

std::map<std::string, Tensor> pytorch_arrays(const PortableNetwork& network) {
  const Normalization& units = network.normalization;
  Arrays arrays{{"mean", units.mean.view({-1, 1, 1})}, {"std", units.std.view({-1, 1, 1})}};
  if (units.whitening.defined()) {
    arrays.emplace("whitening", units.whitening.matrix);
    arrays.emplace("whitening_mean", units.whitening.mean);
  }
  const std::vector<Python> python = python_of(network);
  for (size_t i = 0; i < python.size(); ++i)
    for (const auto& [name, tensor] : python[i].arrays) arrays.emplace(module_name(i) + "." + name, tensor);
  return arrays;
}

std::string pytorch_code(const PortableNetwork& network, const std::string& weights) {
  const std::vector<Python> python = python_of(network);
  const Whitening& whitening = network.normalization.whitening;
  std::string text = head_text(network);
  for (const char* piece : {kMeanNorm, kAttention, kMeanPool})
    if (std::ranges::any_of(python, [&](const Python& p) { return p.needs == piece; })) text += piece;
  text += "\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n";
  for (const char* name : {"mean", "std"}) text += registered(name, {network.input[0], 1, 1});
  if (whitening.defined())
    text +=
        registered("whitening", shape_of(whitening.matrix)) + registered("whitening_mean", shape_of(whitening.mean));
  for (size_t i = 0; i < python.size(); ++i)
    if (!python[i].module.empty()) text += "        self." + module_name(i) + " = " + python[i].module + "\n";
  text += network.of_rows() ? kRowPreprocessing : kPreprocessing;
  text += whitening.defined() ? "image = " : "return ";
  text += network.of_rows() ? kRowsStandardised : kStandardised;
  if (whitening.defined()) text += kWhitened;
  const std::string raw = network.of_rows() ? "rows" : "pixels";
  text += "\n    def forward(self, " + raw + "):\n        \"\"\"Logits of raw " + raw +
          ".\"\"\"\n        image = self.preprocess(" + raw + ")\n";
  text += forward_text(network.operations, python);
  text += R"(

def load(path=pathlib.Path(__file__).with_name()" +
          json_text(weights) + R"()):
    """The network with its weights, in evaluation mode: batch norms use the statistics that are stored with them."""
    model = Net()
    with numpy.load(path) as arrays:
        model.load_state_dict({name: torch.from_numpy(arrays[name]) for name in arrays.files})
    return model.eval()
)";
  return text;
}

}  // namespace gtn
