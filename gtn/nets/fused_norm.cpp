#include "gtn/nets/fused_norm.h"

#include <cmath>

#include "gtn/nets/norm.h"

namespace gtn {
namespace {

Dual make(int64_t rows, int64_t channels, bool carries) {
  return {at::empty({rows, channels}, at::kFloat), carries ? at::empty({rows, channels}, at::kFloat) : Tensor()};
}

kernels::In operand(const Dual& d) {
  return {d.value.data_ptr<float>(), d.carries() ? d.tangent.data_ptr<float>() : nullptr};
}

// Row `row` of a dual [rows, channels].
struct Row {
  float* value;
  float* tangent;  // null: zero
  double t(int64_t c) const { return tangent ? tangent[c] : 0.0; }
};
Row row(const Dual& d, int64_t index) {
  const int64_t at = index * d.value.size(-1);
  return {d.value.data_ptr<float>() + at, d.carries() ? d.tangent.data_ptr<float>() + at : nullptr};
}

void set(const Row& r, int64_t c, double value, double tangent) {
  r.value[c] = static_cast<float>(value);
  if (r.tangent) r.tangent[c] = static_cast<float>(tangent);
}

Dual dense(const Dual& d) { return {d.value.contiguous(), d.carries() ? d.tangent.contiguous() : Tensor()}; }

}  // namespace

ImageSums::ImageSums(int64_t images, int64_t channels, bool carries)
    : first(make(images, channels, carries)), second(make(images, channels, carries)) {}

kernels::Moments ImageSums::moments() const {
  const Row a = row(first, 0), b = row(second, 0);
  return {a.value, b.value, a.tangent, b.tangent};
}

kernels::Sums ImageSums::sums() const {
  const Row a = row(first, 0), b = row(second, 0);
  return {a.value, b.value, a.tangent, b.tangent};
}

FusedNorm::FusedNorm(LocalNorm kind, int64_t groups, int64_t channels, int64_t count, bool carries, bool given)
    : kind_(kind),
      groups_(groups),
      channels_(channels),
      count_(count),
      carries_(carries),
      given_(given),
      mean_(make(groups, channels, carries)),
      variance_(make(groups, channels, carries)),
      inverse_(make(groups, channels, carries)),
      scale_(make(groups, channels, carries)),
      shift_(make(groups, channels, carries)),
      slope_(make(groups, channels, carries)),
      offset_(make(groups, channels, carries)) {}

FusedNorm FusedNorm::measured(LocalNorm kind, const ImageSums& moments, int64_t positions) {
  const int64_t images = moments.first.value.size(0), channels = moments.first.value.size(1);
  const int64_t groups = kind == LocalNorm::instance ? images : 1, members = images / groups;
  FusedNorm norm(kind, groups, channels, members * positions, moments.first.carries(), false);
  const auto n = static_cast<double>(norm.count_), p = static_cast<double>(positions);
  std::vector<double> mean(static_cast<size_t>(channels)), mean_t(mean), variance(mean), variance_t(mean);
  for (int64_t g = 0; g < groups; ++g) {
    for (auto* sum : {&mean, &mean_t, &variance, &variance_t}) std::fill(sum->begin(), sum->end(), 0.0);
    for (int64_t i = g * members; i < (g + 1) * members; ++i) {
      const Row first = row(moments.first, i);
      for (int64_t c = 0; c < channels; ++c) {
        mean[static_cast<size_t>(c)] += first.value[c] * p / n;
        mean_t[static_cast<size_t>(c)] += first.t(c) / n;
      }
    }
    for (int64_t i = g * members; i < (g + 1) * members; ++i) {
      const Row first = row(moments.first, i), second = row(moments.second, i);
      for (int64_t c = 0; c < channels; ++c) {
        const auto k = static_cast<size_t>(c);
        const double off = first.value[c] - mean[k];
        variance[k] += (second.value[c] + p * off * off) / n;
        variance_t[k] += 2 * (second.t(c) + off * first.t(c)) / n;
      }
    }
    const Row to_mean = row(norm.mean_, g), to_variance = row(norm.variance_, g);
    for (int64_t c = 0; c < channels; ++c) {
      const auto k = static_cast<size_t>(c);
      set(to_mean, c, mean[k], mean_t[k]);
      set(to_variance, c, variance[k], variance_t[k]);
    }
  }
  return norm;
}

FusedNorm FusedNorm::given(LocalNorm kind, const Tensors& statistics, int64_t images, int64_t positions, bool carries) {
  FusedNorm norm(kind, 1, statistics[0].numel(), images * positions, carries, true);
  norm.mean_.value.copy_(statistics[0].view({1, -1}));
  if (kind == LocalNorm::mean)
    norm.variance_.value.zero_();
  else
    norm.variance_.value.copy_(statistics[1].view({1, -1}));
  if (carries) norm.mean_.tangent.zero_(), norm.variance_.tangent.zero_();
  return norm;
}

void FusedNorm::set_params(std::span<const Dual> params) {
  const bool only_mean = kind_ == LocalNorm::mean;
  const Dual gain = only_mean ? Dual() : dense(params[0]), bias = dense(params[only_mean ? 0 : 1]);
  const Row b = row(bias, 0);
  for (int64_t g = 0; g < groups_; ++g) {
    const Row variance = row(variance_, g), inverse = row(inverse_, g), scale = row(scale_, g), shift = row(shift_, g);
    for (int64_t c = 0; c < channels_; ++c) {
      set(shift, c, b.value[c], b.t(c));
      if (only_mean) {
        set(inverse, c, 1, 0);
        set(scale, c, 1, 0);
        continue;
      }
      const Row a = row(gain, 0);
      const double r = 1 / std::sqrt(variance.value[c] + kNormEpsilon), r_t = -0.5 * r * r * r * variance.t(c);
      set(inverse, c, r, r_t);
      set(scale, c, a.value[c] * r, a.t(c) * r + a.value[c] * r_t);
    }
  }
}

kernels::Affine FusedNorm::affine() const {
  return {operand(mean_), operand(scale_), operand(shift_), kind_ == LocalNorm::instance ? channels_ : 0};
}

Tensors FusedNorm::statistics() const {
  if (kind_ == LocalNorm::instance) return {};
  if (kind_ == LocalNorm::mean) return {mean_.value.flatten()};
  return {mean_.value.flatten(), variance_.value.flatten()};
}

kernels::AffineBackward FusedNorm::backward(const ImageSums& sums, Tape& tape, std::span<Dual> grads) {
  const bool only_mean = kind_ == LocalNorm::mean;
  const int64_t images = sums.first.value.size(0), members = images / groups_;
  const auto n = static_cast<double>(count_);
  const auto zeros = [&] { return std::vector<double>(static_cast<size_t>(channels_)); };
  std::vector<double> gain = zeros(), gain_t = zeros(), bias = zeros(), bias_t = zeros();
  std::vector<double> to_mean = zeros(), to_variance = zeros();  // gradients of given statistics
  for (int64_t g = 0; g < groups_; ++g) {
    std::vector<double> s1 = zeros(), s1_t = zeros(), s2 = zeros(), s2_t = zeros();
    for (int64_t i = g * members; i < (g + 1) * members; ++i) {
      const Row first = row(sums.first, i), second = row(sums.second, i);
      for (int64_t c = 0; c < channels_; ++c) {
        const auto k = static_cast<size_t>(c);
        s1[k] += first.value[c], s1_t[k] += first.t(c);
        s2[k] += second.value[c], s2_t[k] += second.t(c);
      }
    }
    const Row inverse = row(inverse_, g), scale = row(scale_, g), slope = row(slope_, g), offset = row(offset_, g);
    for (int64_t c = 0; c < channels_; ++c) {
      const auto k = static_cast<size_t>(c);
      const double r = inverse.value[c], r_t = inverse.t(c), a = scale.value[c], a_t = scale.t(c);
      bias[k] += s1[k], bias_t[k] += s1_t[k];
      gain[k] += r * s2[k], gain_t[k] += r_t * s2[k] + r * s2_t[k];
      to_mean[k] -= a * s1[k];
      to_variance[k] -= 0.5 * a * r * r * s2[k];
      const double free = given_ ? 0 : 1, curved = only_mean ? 0 : free;
      set(slope, c, -curved * a * r * r * s2[k] / n,
          -curved * (a_t * r * r * s2[k] + 2 * a * r * r_t * s2[k] + a * r * r * s2_t[k]) / n);
      set(offset, c, -free * a * s1[k] / n, -free * (a_t * s1[k] + a * s1_t[k]) / n);
    }
  }
  const auto vector = [](const std::vector<double>& v) { return at::tensor(v, at::kFloat); };
  const auto dual = [&](const auto& v, const auto& v_t) { return Dual{vector(v), carries_ ? vector(v_t) : Tensor()}; };
  if (!only_mean) grads[0] = dual(gain, gain_t);
  grads[only_mean ? 0 : 1] = dual(bias, bias_t);
  if (given_) {
    tape.statistics_grad = {vector(to_mean)};
    if (!only_mean) tape.statistics_grad.push_back(vector(to_variance));
  } else if (!tape.statistics_grad.empty()) {
    offset_.value += tape.statistics_grad[0].view({1, -1}) / n;
    if (!only_mean) slope_.value += tape.statistics_grad[1].view({1, -1}) * (2 / n);
  }
  return {operand(mean_), operand(scale_), operand(slope_), operand(offset_),
          kind_ == LocalNorm::instance ? channels_ : 0};
}

}  // namespace gtn
