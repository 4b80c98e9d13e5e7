#include "gtn/nets/pool.h"

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

Pool::Pool(PoolKind kind, int64_t kernel, int64_t stride, int64_t padding)
    : kind_(kind), kernel_(kernel), stride_(stride), padding_(padding) {
  if (padding * 2 > kernel) throw usage_error(text(), "its padding is more than half of its window");
}

std::string Pool::text() const {
  std::string s = (kind_ == PoolKind::max ? "maxpool(" : "avgpool(") + std::to_string(kernel_);
  if (stride_ != kernel_) s += ", s=" + std::to_string(stride_);
  if (padding_ != 0) s += ", p=" + std::to_string(padding_);
  return s + ")";
}

Shape Pool::output_shape(const Shape& input) const {
  expect_image(input, text());
  Shape output = input;
  for (size_t i = 1; i < 3; ++i) {
    if (input[i] + 2 * padding_ < kernel_)
      throw usage_error(text(), "its window is larger than the padded input " + to_string(input));
    output[i] = (input[i] + 2 * padding_ - kernel_) / stride_ + 1;
  }
  return output;
}

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

Tensor Pool::average(const Tensor& x) const {
  return at::avg_pool2d(x, kernel_, stride_, padding_, /*ceil_mode=*/false, /*count_include_pad=*/false);
}

Dual Pool::forward(std::span<const Dual>, const Dual& x, Tape& tape) const {
  if (kind_ == PoolKind::average) {
    tape.saved = {{x.value, {}}};
    return linear_map(x, [this](const Tensor& t) { return average(t); });
  }
  auto [y, index] = at::max_pool2d_with_indices(x.value, kernel_, stride_, padding_);
  tape.saved = {{x.value, {}}, {index, {}}};
  return {y, x.carries() ? gather_positions(x.tangent, index) : Tensor()};
}

Dual Pool::backward(std::span<const Dual>, const Dual& grad_y, Tape& tape, std::span<Dual>) const {
  const Tensor& x = tape.saved[0].value;
  return linear_map(grad_y, [&](const Tensor& g) {
    if (kind_ == PoolKind::average)
      return at::avg_pool2d_backward(g, x, kernel_, stride_, padding_, false, false, c10::nullopt);
    return at::max_pool2d_with_indices_backward(g, x, kernel_, stride_, padding_, 1, false, tape.saved[1].value);
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
