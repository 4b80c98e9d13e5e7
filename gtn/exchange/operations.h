// A trained network as plain data: what it computes at evaluation, with its numbers. Every file of a network for other
// programs is written from this.
#pragma once

#include <variant>

#include "gtn/nets/linear.h"
#include "gtn/nets/net.h"
#include "gtn/nets/pool.h"

namespace gtn {

// All tensors are float32, contiguous and on the CPU. A bias is undefined where there is none; weight norm is worked
// out.
struct SumOperation {};  // of all inputs; every other operation has one
struct ConvOperation {
  ConvOptions options;
  Tensor weight, bias;  // [out, in / groups, kh, kw], [out]
};
struct LinearOperation {
  Tensor weight, bias;  // [out, in], [out]
};
struct PoolOperation {
  PoolOptions options;
};
struct GlobalPoolOperation {};  // [C, H, W] -> [C]
struct FlattenOperation {};     // [C, H, W] -> [H W C]: the channels of one position stand together
struct LeakyReluOperation {
  double slope;
};
struct TanhOperation {};
struct SiluOperation {};
struct MeanNormOperation {
  Tensor bias, mean;  // [C] each; y = x - mean + bias
};
struct BatchNormOperation {
  Tensor gain, bias, mean, variance;  // [C] each
};
struct InstanceNormOperation {
  Tensor gain, bias;  // [C] each
};
struct AttentionOperation {
  int64_t heads, dim;
  Tensor query, key, value, output;  // [heads dim, C], the last one [C, heads dim]
};

struct Operation {
  std::vector<int> inputs;  // earlier operations; -1 is the normalised image
  Shape input, output;      // of one example
  std::variant<SumOperation, ConvOperation, LinearOperation, PoolOperation, GlobalPoolOperation, FlattenOperation,
               LeakyReluOperation, TanhOperation, SiluOperation, MeanNormOperation, BatchNormOperation,
               InstanceNormOperation, AttentionOperation>
      what;
};

// The shapes of the statistics that `net` takes at evaluation, in their order.
std::vector<Shape> statistics_shapes(const Net& net);

// The network under parameters w [P] with these statistics, as Net::logits() computes it; the last operation gives the
// logits. Throws std::invalid_argument where the statistics are not of statistics_shapes(), and a failure that names a
// layer for which there is no operation.
std::vector<Operation> operations_of(const Net& net, const Tensor& w, const Statistics& statistics);

}  // namespace gtn
