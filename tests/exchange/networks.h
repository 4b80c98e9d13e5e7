// Networks that together hold every layer with every option, finished as after a training.
#pragma once

#include "gtn/exchange/portable_network.h"
#include "gtn/nets/spec.h"

namespace gtn {

inline const std::vector<std::string>& exported_texts() {
  static const std::vector<std::string> list{
      "base_fc",
      "resnet_small",
      "mlp",
      "flatten linear(classes)",
      "conv(6, k=3x5, s=2x1, p=2x1) norm(mean) leaky_relu(0.2) conv(8, k=3, d=2, g=2, nobias) norm(instance) silu "
      "maxpool(3, s=2, p=1) avgpool(3, s=1, p=1) flatten linear(9, wn) norm(batch) tanh flatten linear(classes, "
      "nobias)",
      "conv(8, wn, s=2) relu maxpool(2, s=1, p=same) avgpool(2, s=2, p=same) avgpool(4, s=3, p=same) gap norm(mean) "
      "linear(classes)",
      "conv(6) res{ attention(heads=2) } res{ norm(batch) attention(heads=3, dim=4) }{ conv(6, k=1) } relu "
      "res{ conv(12, s=2) } gap linear(classes)",
      "nasbench201(|nor_conv_3x3~0|+|avg_pool_3x3~0|skip_connect~1|+|nor_conv_1x1~0|none~1|nor_conv_3x3~2|, width=4, "
      "cells=1)",
      "nao(normal[0:conv3x3 1:maxpool2 | 2:identity 1:conv1x7_7x1 | 3:avgpool2 0:identity | 2:conv1x1 2:maxpool5 | "
      "0:avgpool5 3:conv1x3_3x1] reduction[1:identity 0:avgpool2 | 2:maxpool3 1:conv3x3 | 0:conv1x3_3x1 1:maxpool2 | "
      "4:avgpool3 2:conv1x1 | 4:identity 1:conv1x7_7x1], width=4, cells=1)"};
  return list;
}

struct FinishedNet {
  std::shared_ptr<const Net> net;
  Tensor w;
  Statistics statistics;
};

// Parameters are random, also those that start at zero or one, so that none can hide.
inline FinishedNet finished(const std::string& text, const Shape& input = {3, 12, 8}, int64_t classes = 5) {
  const auto net = make_net(text, input, classes);
  const Key key = Key(7).split(text);
  const Tensor w = net->initial(key) + 0.1 * key.split("shift").normal({net->parameter_count()});
  Shape batch = input;
  batch.insert(batch.begin(), 9);
  return {net, w, net->calibrate(w, {key.split("calibration").normal(batch)})};
}

}  // namespace gtn
