#include "gtn/nets/norm.h"

#include "gtn/core/error.h"

namespace gtn {
namespace {

// All but the channels: the dimensions of a batch's statistics.
Shape batch_dims(const Tensor& x) { return x.dim() == 4 ? Shape{0, 2, 3} : Shape{0}; }
// A per-channel vector shaped to broadcast over x.
Shape channel_view(const Tensor& x) { return x.dim() == 4 ? Shape{1, -1, 1, 1} : Shape{1, -1}; }
Dual per_channel(const Dual& vector, const Tensor& x) { return view_as(vector, channel_view(x)); }
// How many elements one statistic of shape `statistic` was taken over.
double count_of(const Tensor& x, const Tensor& statistic) {
  return static_cast<double>(x.numel()) / static_cast<double>(statistic.numel());
}

void expect_channels(const Shape& input, int64_t channels, const std::string& layer) {
  if (input.empty() || input[0] != channels)
    throw usage_error(layer, "needs " + std::to_string(channels) + " channels, not " + to_string(input));
}

LocalOp local_norm(LocalNorm norm, const Shape& input) {
  LocalOp local;
  local.op.in = local.op.out = plane_of(input);
  local.norm = norm;
  return local;
}

}  // namespace

Shape MeanNorm::output_shape(const Shape& input) const {
  expect_channels(input, channels_, text());
  return input;
}

std::optional<LocalOp> MeanNorm::local_op(const Shape& input) const { return local_norm(LocalNorm::mean, input); }

Dual MeanNorm::forward(std::span<const Dual> params, const Dual& x, Tape& tape) const {
  Dual mean;
  if (tape.mode == Mode::train) {
    mean = mean_over(x, batch_dims(x.value));
    tape.statistics = {mean.value.flatten()};
  } else {
    mean.value = tape.statistics[0].view(channel_view(x.value));
  }
  return x + (per_channel(params[0], x.value) - mean);
}

Dual MeanNorm::backward(std::span<const Dual>, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const {
  const Tensor& g = grad_y.value;
  grads[0] = sum_over(grad_y, batch_dims(g), false);
  if (tape.mode == Mode::evaluate) {
    tape.statistics_grad = {-grads[0].value};
    return grad_y;
  }
  Dual shift = per_channel(grads[0], g) * (-1.0 / count_of(g, grads[0].value));
  if (!tape.statistics_grad.empty())
    shift.value = shift.value + tape.statistics_grad[0].view(channel_view(g)) / count_of(g, grads[0].value);
  return grad_y + shift;
}

Shape StandardNorm::output_shape(const Shape& input) const {
  expect_channels(input, channels_, text());
  if (over_ == NormOver::instance && input.size() != 3)
    throw usage_error(text(),
                      "needs an image [C, H, W], not " + to_string(input) + "; use norm(batch) or norm(mean) here");
  return input;
}

void StandardNorm::initialise(const Key&, std::span<Tensor> params) const {
  params[0].fill_(1);
  params[1].zero_();
}

std::vector<std::string> StandardNorm::statistics() const {
  return over_ == NormOver::batch ? std::vector<std::string>{"mean", "variance"} : std::vector<std::string>{};
}

Shape StandardNorm::dims(const Tensor& x) const { return over_ == NormOver::instance ? Shape{2, 3} : batch_dims(x); }

std::optional<LocalOp> StandardNorm::local_op(const Shape& input) const {
  return local_norm(over_ == NormOver::batch ? LocalNorm::batch : LocalNorm::instance, input);
}

Dual StandardNorm::forward(std::span<const Dual> params, const Dual& x, Tape& tape) const {
  const bool given = over_ == NormOver::batch && tape.mode == Mode::evaluate;
  Dual mean, variance;
  if (given) {
    mean.value = tape.statistics[0].view(channel_view(x.value));
    variance.value = tape.statistics[1].view(channel_view(x.value));
  } else {
    mean = mean_over(x, dims(x.value));
  }
  const Dual centred = x - mean;
  if (!given) variance = mean_over(centred * centred, dims(x.value));
  if (!given && over_ == NormOver::batch) tape.statistics = {mean.value.flatten(), variance.value.flatten()};
  const Dual inverse = rsqrt(variance, kNormEpsilon);
  const Dual unit = centred * inverse;
  tape.saved = {unit, inverse};
  return unit * per_channel(params[0], x.value) + per_channel(params[1], x.value);
}

Dual StandardNorm::backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const {
  const Tensor& g = grad_y.value;
  grads[0] = sum_over(grad_y * tape.saved[0], batch_dims(g), false);
  grads[1] = sum_over(grad_y, batch_dims(g), false);
  const Dual grad_unit = grad_y * per_channel(params[0], g);
  const bool given = over_ == NormOver::batch && tape.mode == Mode::evaluate;
  return given ? backward_evaluate(grad_unit, tape) : backward_train(grad_unit, tape);
}

// dL/dx = (g - mean(g) - unit mean(g unit)) / sqrt(variance + eps), plus what arrives at the statistics themselves.
Dual StandardNorm::backward_train(const Dual& grad_unit, Tape& tape) const {
  const Dual &unit = tape.saved[0], &inverse = tape.saved[1];
  const Shape over = dims(unit.value);
  Dual grad_x = (grad_unit - mean_over(grad_unit, over) - unit * mean_over(grad_unit * unit, over)) * inverse;
  if (!tape.statistics_grad.empty()) {
    const Tensor &like = inverse.value, centred = unit.value / like;
    grad_x.value =
        grad_x.value + (tape.statistics_grad[0].view_as(like) + 2 * centred * tape.statistics_grad[1].view_as(like)) /
                           count_of(unit.value, like);
  }
  return grad_x;
}

// The statistics are inputs here: d unit / d mean = -inverse, d unit / d variance = -unit inverse^2 / 2.
Dual StandardNorm::backward_evaluate(const Dual& grad_unit, Tape& tape) const {
  const Dual &unit = tape.saved[0], &inverse = tape.saved[1];
  const Shape over = dims(unit.value);
  const Tensor scale = inverse.value.flatten();
  tape.statistics_grad = {-grad_unit.value.sum(over) * scale,
                          -0.5 * (grad_unit.value * unit.value).sum(over) * scale * scale};
  return grad_unit * inverse;
}

}  // namespace gtn
