#include "gtn/nets/pool.h"

#include <cmath>

#include "gtn/core/error.h"

namespace gtn {
namespace {

Tensor positions_last(const Tensor& x) { return x.permute({0, 2, 3, 1}); }
Tensor channels_first(const Tensor& x) { return x.permute({0, 3, 1, 2}); }

// Picks from x [B, C, H, W] the position that `index` [B, C, H', W'] names in each window (as max_pool2d counts them).
Tensor gather_positions(const Tensor& x, const Tensor& index) {
  const int64_t batch = x.size(0), channels = x.size(1);
  const Tensor rows = positions_last(x).reshape({batch, -1, channels});
  const Tensor picks = positions_last(index).reshape({batch, -1, channels});
  return channels_first(rows.gather(1, picks).view({batch, index.size(2), index.size(3), channels}));
}

void expect_image(const Shape& input, const std::string& layer) {
  if (input.size() != 3) throw usage_error(layer, "needs an image [C, H, W], not " + to_string(input));
}

}  // namespace

Pool::Pool(PoolKind kind, int64_t kernel, int64_t stride, int64_t padding) : Pool(kind, kernel, stride, padding, 0) {}

Pool::Pool(PoolKind kind, int64_t kernel, int64_t stride, int64_t padding, int64_t extra)
    : kind_(kind), kernel_(kernel), stride_(stride), padding_(padding), extra_(extra) {
  if (padding * 2 > kernel) throw usage_error(text(), "its padding is more than half of its window");
}

Pool Pool::same(PoolKind kind, int64_t kernel, int64_t stride) {
  const int64_t before = (kernel - 1) / 2;
  return {kind, kernel, stride, before, kernel / 2 - before};
}

std::string Pool::text() const {
  std::string s = (kind_ == PoolKind::max ? "maxpool(" : "avgpool(") + std::to_string(kernel_);
  if (stride_ != kernel_) s += ", s=" + std::to_string(stride_);
  if (extra_ != 0) return s + ", p=same)";
  if (padding_ != 0) s += ", p=" + std::to_string(padding_);
  return s + ")";
}

Shape Pool::output_shape(const Shape& input) const {
  expect_image(input, text());
  Shape output = input;
  for (size_t i = 1; i < 3; ++i) {
    const int64_t padded = input[i] + 2 * padding_ + extra_;
    if (padded < kernel_) throw usage_error(text(), "its window is larger than the padded input " + to_string(input));
    output[i] = (padded - kernel_) / stride_ + 1;
  }
  return output;
}

// The kernels cut every window to the image, so that they need to know of no padding at its end.
std::optional<LocalOp> Pool::local_op(const Shape& input) const {
  LocalOp local;
  local.op.kind = kind_ == PoolKind::max ? kernels::OpKind::max_pool : kernels::OpKind::average_pool;
  local.op.in = plane_of(input);
  local.op.out = plane_of(output_shape(input));
  local.op.kernel = {kernel_, kernel_};
  local.op.stride = stride_;
  local.op.padding = padding_;
  return local;
}

// LibTorch pads all sides alike: what there is more of below and to the right becomes part of the image.
Tensor Pool::extended(const Tensor& x, double fill) const {
  return extra_ == 0 ? x : at::constant_pad_nd(x, {0, extra_, 0, extra_}, fill);
}

namespace {

// The part of an extended image that is `x`.
Tensor cut_to(const Tensor& extended, const Tensor& x) {
  return extended.narrow(2, 0, x.size(2)).narrow(3, 0, x.size(3));
}

}  // namespace

Tensor Pool::average(const Tensor& x) const {
  const auto mean = [this](const Tensor& t) {
    return at::avg_pool2d(t, kernel_, stride_, padding_, /*ceil_mode=*/false, /*count_include_pad=*/false);
  };
  if (extra_ == 0) return mean(x);
  return mean(extended(x, 0)) / counted_share(x);
}

// Of what LibTorch counts in each window of the extended image, the share that lies in `x`: [1, 1, H', W'].
Tensor Pool::counted_share(const Tensor& x) const {
  const Tensor ones = extended(at::ones({1, 1, x.size(2), x.size(3)}, x.options()), 0);
  return at::avg_pool2d(ones, kernel_, stride_, padding_, false, false);
}

Tensor Pool::average_backward(const Tensor& grad_y, const Tensor& x) const {
  const Tensor grad_mean = extra_ == 0 ? grad_y : grad_y / counted_share(x);
  return cut_to(at::avg_pool2d_backward(grad_mean, extended(x, 0), kernel_, stride_, padding_, false, false, {}), x);
}

Tensor Pool::max_backward(const Tensor& grad_y, const Tensor& x, const Tensor& index) const {
  return cut_to(
      at::max_pool2d_with_indices_backward(grad_y, extended(x, 0), kernel_, stride_, padding_, 1, false, index), x);
}

Dual Pool::forward(std::span<const Dual>, const Dual& x, Tape& tape) const {
  if (kind_ == PoolKind::average) {
    tape.saved = {{x.value, {}}};
    return linear_map(x, [this](const Tensor& t) { return average(t); });
  }
  auto [y, index] = at::max_pool2d_with_indices(extended(x.value, -INFINITY), kernel_, stride_, padding_);
  tape.saved = {{x.value, {}}, {index, {}}};
  return {y, x.carries() ? gather_positions(extended(x.tangent, 0), index) : Tensor()};
}

Dual Pool::backward(std::span<const Dual>, const Dual& grad_y, Tape& tape, std::span<Dual>) const {
  const Tensor& x = tape.saved[0].value;
  return linear_map(grad_y, [&](const Tensor& g) {
    return kind_ == PoolKind::average ? average_backward(g, x) : max_backward(g, x, tape.saved[1].value);
  });
}

Shape GlobalAveragePool::output_shape(const Shape& input) const {
  expect_image(input, text());
  return {input[0]};
}

std::optional<LocalOp> GlobalAveragePool::local_op(const Shape& input) const {
  LocalOp local;
  local.op.kind = kernels::OpKind::average_pool;
  local.op.in = local.op.kernel = plane_of(input);
  return local;
}

Dual GlobalAveragePool::forward(std::span<const Dual>, const Dual& x, Tape& tape) const {
  tape.saved = {{x.value, {}}};
  return linear_map(x, [](const Tensor& t) { return t.mean({2, 3}); });
}

Dual GlobalAveragePool::backward(std::span<const Dual>, const Dual& grad_y, Tape& tape, std::span<Dual>) const {
  const Tensor& x = tape.saved[0].value;
  const double area = static_cast<double>(x.size(2) * x.size(3));
  return linear_map(grad_y, [&](const Tensor& g) {
    return (g / area).view({g.size(0), g.size(1), 1, 1}).expand_as(x).contiguous(kChannelsLast);
  });
}

Shape Flatten::output_shape(const Shape& input) const {
  int64_t size = 1;
  for (const int64_t extent : input) size *= extent;
  return {size};
}

Dual Flatten::forward(std::span<const Dual>, const Dual& x, Tape& tape) const {
  tape.saved = {{x.value, {}}};
  if (x.value.dim() == 2) return x;
  return linear_map(x, [](const Tensor& t) { return positions_last(t).reshape({t.size(0), -1}); });
}

Dual Flatten::backward(std::span<const Dual>, const Dual& grad_y, Tape& tape, std::span<Dual>) const {
  const Tensor& x = tape.saved[0].value;
  if (x.dim() == 2) return grad_y;
  return linear_map(grad_y, [&](const Tensor& g) {
    return channels_first(g.view({x.size(0), x.size(2), x.size(3), x.size(1)}));
  });
}

}  // namespace gtn
