#include "gtn/nets/attention.h"

#include <cmath>

#include "gtn/core/error.h"

namespace gtn {
namespace {

// Where the tape keeps what the backward pass needs, and where the parameters stand.
enum Saved : size_t { kRows, kQuery, kKey, kValue, kWeights, kMixed };
enum Param : size_t { kToQuery, kToKey, kToValue, kToOutput };

// [B, C, H, W] as rows [B H W, C], one for each position, and back.
Dual rows_of(const Dual& image) {
  return linear_map(image, [](const Tensor& t) { return t.permute({0, 2, 3, 1}).reshape({-1, t.size(1)}); });
}
Dual image_of(const Dual& rows, const Tensor& like) {
  return linear_map(rows, [&](const Tensor& t) {
    return t.view({like.size(0), like.size(2), like.size(3), t.size(1)}).permute({0, 3, 1, 2});
  });
}

// a b, a b^T and a^T b of the last two dimensions.
Dual product_of(const Dual& a, const Dual& b) {
  return bilinear_map(a, b, [](const Tensor& s, const Tensor& t) { return at::matmul(s, t); });
}
Dual product_transposed(const Dual& a, const Dual& b) {
  return bilinear_map(a, b, [](const Tensor& s, const Tensor& t) { return at::matmul(s, t.transpose(-2, -1)); });
}
Dual transposed_product(const Dual& a, const Dual& b) {
  return bilinear_map(a, b, [](const Tensor& s, const Tensor& t) { return at::matmul(s.transpose(-2, -1), t); });
}

// P (v - <P, v>) in every row: how a softmax P answers to v, which is its tangent forwards and its gradient backwards,
// since its Jacobian diag(P) - P P^T is symmetric.
Dual through_softmax(const Dual& weights, const Dual& v) {
  return weights * (v - sum_over(weights * v, {-1}, /*keepdim=*/true));
}

Dual softmax_of(const Dual& scores) {
  Dual weights{at::softmax(scores.value, -1), {}};
  if (scores.carries()) weights.tangent = through_softmax(weights, {scores.tangent, {}}).value;
  return weights;
}

}  // namespace

Attention::Attention(int64_t channels, int64_t heads, int64_t dim) : channels_(channels), heads_(heads), dim_(dim) {
  if (channels < 1 || heads < 1 || dim < 1) throw usage_error(text(), "needs one channel, head and dim at least");
}

std::string Attention::text() const {
  const bool whole = inner() == channels_;  // the dim that the text stands for where it says none
  return "attention(heads=" + std::to_string(heads_) + (whole ? ")" : ", dim=" + std::to_string(dim_) + ")");
}

Shape Attention::output_shape(const Shape& input) const {
  if (input.size() != 3 || input[0] != channels_)
    throw usage_error(text(), "needs an input of [" + std::to_string(channels_) + ", H, W], not " + to_string(input));
  return input;
}

int64_t Attention::multiply_adds(const Shape& input) const {
  const int64_t positions = input[1] * input[2];
  return positions * inner() * (4 * channels_ + 2 * positions);
}

std::vector<ParamSpec> Attention::params() const {
  const Shape in{inner(), channels_};
  return {{"query", in}, {"key", in}, {"value", in}, {"output", {channels_, inner()}}};
}

void Attention::initialise(const Key& key, std::span<Tensor> params) const {
  for (size_t i = 0; i < params.size(); ++i) kaiming_normal(key.split(i), params[i]);
}

double Attention::scale() const { return 1 / std::sqrt(static_cast<double>(dim_)); }

// [B HW, heads dim] to [B, heads, HW, dim], and back.
Dual Attention::split_heads(const Dual& rows, int64_t batch) const {
  return linear_map(rows, [&](const Tensor& t) { return t.view({batch, -1, heads_, dim_}).transpose(1, 2); });
}
Dual Attention::merge_heads(const Dual& heads) const {
  return linear_map(heads, [&](const Tensor& t) { return t.transpose(1, 2).reshape({-1, inner()}); });
}

Dual Attention::forward(std::span<const Dual> params, const Dual& x, Tape& tape) const {
  const Dual rows = rows_of(x);
  const auto project = [&](Param to) { return split_heads(product_transposed(rows, params[to]), x.value.size(0)); };
  const Dual query = project(kToQuery), key = project(kToKey), value = project(kToValue);
  const Dual weights = softmax_of(product_transposed(query, key) * scale());
  const Dual mixed = merge_heads(product_of(weights, value));
  tape.saved = {rows, query, key, value, weights, mixed};
  return image_of(product_transposed(mixed, params[kToOutput]), x.value);
}

Dual Attention::backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const {
  const Duals& saved = tape.saved;
  const Dual g = rows_of(grad_y), &weights = saved[kWeights];
  grads[kToOutput] = transposed_product(g, saved[kMixed]);
  const Dual grad_mixed = split_heads(product_of(g, params[kToOutput]), grad_y.value.size(0));
  const Dual grad_scores = through_softmax(weights, product_transposed(grad_mixed, saved[kValue])) * scale();
  const Dual inner_grads[] = {merge_heads(product_of(grad_scores, saved[kKey])),
                              merge_heads(transposed_product(grad_scores, saved[kQuery])),
                              merge_heads(transposed_product(weights, grad_mixed))};
  Dual grad_rows;
  for (const Param to : {kToQuery, kToKey, kToValue}) {
    grads[to] = transposed_product(inner_grads[to], saved[kRows]);
    if (tape.need_grad_x == Need::nothing) continue;
    const Dual part = product_of(inner_grads[to], params[to]);
    grad_rows = to == kToQuery ? part : grad_rows + part;
  }
  return tape.need_grad_x == Need::nothing ? Dual() : image_of(grad_rows, grad_y.value);
}

}  // namespace gtn
