// How much memory the passes of a Net take: counted from its shapes, before anything runs. float32, on the CPU with the
// fused kernels, where a chain of layers keeps its input alone.
#pragma once

#include "gtn/nets/net.h"

namespace gtn {

enum class Pass {
  plain,  // gradient()
  dual,   // second_order(): every activation and gradient has a tangent
};

// Bytes of the outputs that a forward pass over `batch` images writes: one step's activations.
int64_t activation_bytes(const Net& net, int64_t batch);

// Bytes that a pass over `batch` images holds at its peak, beside w and the images: what forward keeps for backward,
// gradients on their way, and vectors of the size of w.
int64_t pass_bytes(const Net& net, int64_t batch, Pass pass);

// The same of evaluation_gradient() with a real batch of `images` and calibration batches of `calibration` images.
int64_t evaluation_bytes(const Net& net, int64_t images, int64_t calibration);

}  // namespace gtn
