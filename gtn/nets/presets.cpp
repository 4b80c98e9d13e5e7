#include "gtn/nets/spec.h"

namespace gtn {
namespace {

// Two small learners per line would be unreadable: blocks are spelled out by concatenation instead.
std::vector<Preset> convolutional() {
  const std::string pool = " maxpool(3, s=2, p=1) norm(mean) leaky_relu(0.1) ";
  const std::string dc = " norm(instance) relu avgpool(2) ";
  const auto twice = [](const std::string& width) {
    const std::string conv = "conv(" + width + ", nobias) norm(batch) relu ";
    return conv + conv + "maxpool(2) ";
  };
  const auto block = [](const std::string& width, const std::string& stride) {
    return "res{ conv(" + width + ", s=" + stride + ", nobias) norm(batch) relu conv(" + width +
           ", nobias) norm(batch) } relu ";
  };
  return {
      {"base_fc", "conv(64, nobias, wn)" + pool + "conv(128, nobias, wn)" + pool +
                      "flatten linear(256, nobias, wn) norm(mean) leaky_relu(0.1) linear(classes, wn)"},
      {"convnet3", "conv(128)" + dc + "conv(128)" + dc + "conv(128)" + dc + "flatten linear(classes)"},
      {"lenet",
       "conv(6, k=5) relu maxpool(2) conv(16, k=5, p=0) relu maxpool(2) flatten "
       "linear(120) relu linear(84) relu linear(classes)"},
      {"vgg_small", twice("32") + twice("64") + "flatten linear(classes)"},
      {"resnet_small", "conv(16, nobias) norm(batch) relu " + block("16", "1") + block("32", "2") + block("64", "2") +
                           "flatten linear(classes)"},
  };
}

std::vector<Preset> all() {
  std::vector<Preset> result = convolutional();
  result.insert(result.begin() + 3, {"mlp", "flatten linear(128) relu linear(128) relu linear(classes)"});
  for (const Preset& preset : convolutional()) {
    std::string text = preset.text;
    text.replace(text.find("flatten"), 7, "gap");
    result.push_back({preset.name + "_gap", text});
  }
  return result;
}

}  // namespace

const std::vector<Preset>& presets() {
  static const std::vector<Preset> list = all();
  return list;
}

}  // namespace gtn
