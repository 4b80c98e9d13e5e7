// The arithmetic of the normalisations between the sweeps of the fused kernels: from sums over tiles to one coefficient
// a channel, and back. With c = x - mean, r = (variance + eps)^(-1/2) and n the elements of one statistic:
//   forward   y = s c + b,  s = gain r
//   backward  dL/dgain = r sum(g c),  dL/db = sum(g),  dL/dx = s g - s r^2 sum(g c) / n c - s sum(g) / n
// and their tangents. The mean-only norm is s = 1 without the term in c. Reference: the layers of nets/norm.h.
#pragma once

#include "gtn/kernels/kernels.h"
#include "gtn/nets/layer.h"

namespace gtn {

// What the sweeps add up for every image: float tensors [images, channels], tangents where `carries`.
struct ImageSums {
  ImageSums(int64_t images, int64_t channels, bool carries);
  kernels::Moments moments() const;
  kernels::Sums sums() const;

  Dual first, second;  // of moments: mean with sum x', square with cross; of sums: grad, moment
};

// Coefficients [groups, channels]: one group, or one an image for the instance norm.
class FusedNorm {
 public:
  // Statistics of the input from its moments; `positions` an image.
  static FusedNorm measured(LocalNorm kind, const ImageSums& moments, int64_t positions);
  // Statistics as given, [channels] each: the mean, and the variance but for the mean-only norm.
  static FusedNorm given(LocalNorm kind, const Tensors& statistics, int64_t images, int64_t positions, bool carries);

  // Takes the norm's parameters (as its layer orders them) into the coefficients of the forward sweep.
  void set_params(std::span<const Dual> params);
  kernels::Affine affine() const;

  // The statistics, [channels] each, as the norm's layer leaves them in a tape.
  Tensors statistics() const;

  // From the sums of the backward sweep to the parameters' gradients and the coefficients of the last sweep. Where
  // statistics were given, writes their gradient into the tape; otherwise takes in what the tape holds of it.
  kernels::AffineBackward backward(const ImageSums& sums, Tape& tape, std::span<Dual> grads);

 private:
  FusedNorm(LocalNorm kind, int64_t groups, int64_t channels, int64_t count, bool carries, bool given);

  LocalNorm kind_;
  int64_t groups_, channels_, count_;  // count_: elements of one statistic
  bool carries_, given_;
  Dual mean_, variance_, inverse_, scale_, shift_, slope_, offset_;
};

}  // namespace gtn
