// Learners as text: from a preset's name or a line such as
//   conv(16) norm(mean) leaky_relu maxpool(2) res{ conv(16) norm(batch) relu } gap linear(classes)
//
//   conv(OUT, k=3, s=1, p=same, d=1, g=1, nobias, wn)   linear(OUT, nobias, wn)   OUT may be the word "classes"
//   maxpool(K, s=K, p=0)  avgpool(K, s=K, p=0)  gap  flatten     p=same: the size divided by s, rounded up
//   attention(heads=1, dim=C/heads)                      among all positions, best as res{ attention }
//   norm(mean | batch | instance)  relu  leaky_relu(0.1)  tanh  silu
//   res{ body }           body + x, with a strided 1x1 convolution on x where the shapes differ
//   res{ body }{ other }  body + other(x)
// nasbench201(GENOTYPE, width=16, cells=5) and nao(GENOTYPE, width=8, cells=1) are whole networks and stand alone
// (gtn/nets/genotype.h, gtn/nets/nao.h).
// A kernel, stride, padding or dilation is a number or "HxW". Line breaks are blanks, and "#" begins a comment.
#pragma once

#include "gtn/nets/net.h"

namespace gtn {

// Builds the learner for images `input` [C, H, W] and `classes` outputs. `text` is a preset's name or a learner text.
// Throws a usage error that lists every unknown name, or the first bad argument or shape that does not fit, each with
// its column.
std::shared_ptr<const Net> make_net(const std::string& text, const Shape& input, int64_t classes);

struct Preset {
  std::string name;
  std::string text;
};

// base_fc (the paper's), convnet3, lenet, mlp, vgg_small, resnet_small, and NAME_gap: the same ending in global
// pooling.
const std::vector<Preset>& presets();

}  // namespace gtn
