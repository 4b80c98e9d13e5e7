#include <algorithm>

#include "gtn/core/error.h"
#include "gtn/exchange/onnx.h"
#include "gtn/exchange/portable_generator.h"
#include "gtn/exchange/text.h"

namespace gtn {
namespace {

constexpr const char* kAboutGenerator =
    "The generator of a teacher of learned training data. z: the learned inputs of one batch, [B, noise]; labels: "
    "their classes, one-hot, [B, classes]. images: what a learner is taught on, in normalised units, (pixel - mean) / "
    "std. "
    "Batch norms use the batch at hand: feed whole batches.";

// The layers of Generator::forward(), one function each; `x` is the value that goes through them.
class GeneratorWriter {
 public:
  GeneratorWriter(OnnxGraph& graph, const PortableGenerator& generator) : graph_(graph), g_(generator) {}

  void write() {
    const Shape& image = g_.image;
    const int64_t height = (image[1] + 3) / 4, width = (image[2] + 3) / 4;
    x_ = graph_.node("Concat", {graph_.input("z", {"B", g_.config.noise}), graph_.input("labels", {"B", g_.classes})},
                     "input", {{"axis", int64_t{1}}});
    linear(0, "linear1");
    norm_and_activate(1, "norm1", {0});
    linear(3, "linear2");
    norm_and_activate(4, "norm2", {0});
    apply("Reshape", "positions", {graph_.constant("seed_shape", {-1, height, width, g_.config.wide})});
    apply("Transpose", "seed", {}, {{"perm", std::vector<int64_t>{0, 3, 1, 2}}});
    enlarge_and_convolve("conv1", {constant(6)});
    norm_and_activate(7, "norm3", {0, 2, 3});
    enlarge_and_convolve("conv2", {constant(9), constant(10)});
    const auto corner = [&](const char* name, int64_t row, int64_t column) {
      return graph_.constant(name, {row, column});
    };
    apply("Slice", "cropped",
          {corner("crop_begin", 0, 0), corner("crop_end", image[1], image[2]), corner("crop_axes", 2, 3)});
    apply("Tanh", "bounded");
    apply("Mul", "images", {number("two", 2)});
    write_outputs();
  }

 private:
  void write_outputs() {
    const OnnxDimensions dimensions{"B", g_.image[0], g_.image[1], g_.image[2]};
    graph_.output("images", dimensions);
    const Normalization& units = g_.normalization;
    if (units.whitening.defined()) return;
    apply("Mul", "unscaled", {graph_.constant("std", units.std.view({-1, 1, 1}))});
    apply("Add", "unclamped", {graph_.constant("mean", units.mean.view({-1, 1, 1}))});
    apply("Clip", "pixels", {scalar_number("black", 0), scalar_number("white", 1)});
    graph_.output("pixels", dimensions);
  }

  void linear(size_t param, const std::string& name) {
    apply("Gemm", name, {constant(param)}, {{"transB", int64_t{1}}});
  }

  // Over the batch at hand, spelled out: the operator's training mode is one that few readers have.
  void norm_and_activate(size_t gain, const std::string& name, const std::vector<int64_t>& axes) {
    const auto mean_of = [&](const std::string& value, const std::string& what) {
      return graph_.node("ReduceMean", {value}, name + what, {{"axes", axes}, {"keepdims", int64_t{1}}});
    };
    apply("Sub", name + ".centred", {mean_of(x_, ".mean")});
    const std::string variance = mean_of(graph_.node("Mul", {x_, x_}, name + ".squared"), ".variance");
    const std::string sum = graph_.node("Add", {variance, number(name + ".epsilon", 1e-5)}, name + ".sum");
    apply("Div", name + ".unit", {graph_.node("Sqrt", {sum}, name + ".deviation")});
    apply("Mul", name + ".scaled", {channels(gain, axes)});
    apply("Add", name, {channels(gain + 1, axes)});
    apply("LeakyRelu", name + ".activated", {}, {{"alpha", 0.1}});
  }

  void enlarge_and_convolve(const std::string& name, const std::vector<std::string>& weights) {
    const std::string scales = graph_.constant(name + ".scales", at::tensor({1.0F, 1.0F, 2.0F, 2.0F}));
    apply("Resize", name + ".enlarged", {"", scales},
          {{"mode", std::string("nearest")},
           {"coordinate_transformation_mode", std::string("asymmetric")},
           {"nearest_mode", std::string("floor")}});
    apply("Pad", name + ".padded", {graph_.constant(name + ".pads", {0, 0, 1, 1, 0, 0, 1, 1})},
          {{"mode", std::string("reflect")}});
    apply("Conv", name, weights, {{"kernel_shape", std::vector<int64_t>{3, 3}}});
  }

  void apply(const std::string& op, const std::string& name, const std::vector<std::string>& others = {},
             const OnnxAttributes& attributes = {}) {
    std::vector<std::string> inputs{x_};
    inputs.insert(inputs.end(), others.begin(), others.end());
    x_ = graph_.node(op, inputs, name, attributes);
  }

  std::string constant(size_t param) { return graph_.constant(g_.params[param].name, g_.params[param].tensor); }
  std::string channels(size_t param, const std::vector<int64_t>& axes) {
    const Tensor& values = g_.params[param].tensor;
    return graph_.constant(g_.params[param].name, axes.size() > 1 ? values.view({-1, 1, 1}) : values);
  }
  std::string number(const std::string& name, double value) {
    return graph_.constant(name, at::full({1}, value, at::kFloat));
  }
  std::string scalar_number(const std::string& name, double value) {
    return graph_.constant(name, at::full({}, value, at::kFloat));
  }

  OnnxGraph& graph_;
  const PortableGenerator& g_;
  std::string x_;
};

}  // namespace

std::vector<NamedTensor> generator_params(const GeneratorConfig& config, const Shape& image, int64_t classes,
                                          const std::map<std::string, Tensor>& stored, const std::string& where) {
  constexpr int64_t kWidest = 1 << 20;  // beyond it a configuration is no honest one, and its products overflow
  const Generator generator(config, image, classes);
  int64_t count = 0;
  for (const auto& [name, tensor] : stored)
    if (name.starts_with("generator.")) count += tensor.numel();
  if (std::max({config.noise, config.hidden, config.wide, config.narrow}) > kWidest ||
      generator.parameter_count() != count)
    throw failure(where, "holds no generator of its configuration: it has " + std::to_string(count) +
                             " parameters; only a teacher that was not made compact has one");
  Faults faults(where);
  std::vector<NamedTensor> params = generator.initial(Key(0));
  for (auto& [name, tensor] : params) {
    const auto found = stored.find(name);
    if (found == stored.end())
      faults.add("lacks '" + name + "' of its generator");
    else if (found->second.sizes() != tensor.sizes() || found->second.scalar_type() != at::kFloat)
      faults.add("'" + name + "' is not float32 " + to_string(shape_of(tensor)) + ", as its configuration says");
    else
      tensor = found->second.contiguous();
  }
  faults.throw_if_any(ErrorKind::failure);
  return params;
}

std::string encode_onnx(const PortableGenerator& generator) {
  OnnxGraph graph("generator");
  GeneratorWriter(graph, generator).write();
  return graph.encode(kAboutGenerator, {{"class_names", json_text(generator.class_names)},
                                        {"dataset", valid_utf8(generator.dataset)},
                                        {"dataset_fingerprint", valid_utf8(generator.dataset_fingerprint)}});
}

}  // namespace gtn
