// Dual tensors: a value and, when one is being carried, its directional derivative. An undefined tangent is zero. A
// layer writes its forward and its backward once in these terms; with tangents on the parameters the backward pass then
// yields Hessian-vector products (forward-over-reverse, exact): see docs/method.md.
#pragma once

#include <span>

#include "gtn/core/tensor.h"

namespace gtn {

struct Dual {
  Tensor value;
  Tensor tangent;

  bool carries() const { return tangent.defined(); }
};

using Duals = std::vector<Dual>;

// f(x) for a linear f: the tangent runs through the same kernel as the value.
template <class F>
Dual linear_map(const Dual& x, F&& f) {
  return {f(x.value), x.carries() ? f(x.tangent) : Tensor()};
}

// f(a, b) for an f linear in each argument: the tangent is f(a', b) + f(a, b').
template <class F>
Dual bilinear_map(const Dual& a, const Dual& b, F&& f) {
  Dual y{f(a.value, b.value), {}};
  if (a.carries()) y.tangent = f(a.tangent, b.value);
  if (b.carries()) y.tangent = y.carries() ? y.tangent + f(a.value, b.tangent) : f(a.value, b.tangent);
  return y;
}

// Sum of two tangents of which either may be zero.
inline Tensor sum_of(const Tensor& a, const Tensor& b) { return !a.defined() ? b : !b.defined() ? a : a + b; }

// Elementwise, with broadcasting as in LibTorch.
inline Dual operator*(const Dual& a, const Dual& b) {
  if (a.carries() && b.carries()) return {a.value * b.value, at::addcmul(a.tangent * b.value, a.value, b.tangent)};
  return bilinear_map(a, b, [](const Tensor& s, const Tensor& t) { return s * t; });
}
inline Dual operator*(const Dual& a, double factor) {
  return linear_map(a, [factor](const Tensor& s) { return s * factor; });
}

inline Dual operator+(const Dual& a, const Dual& b) {
  Dual y{a.value + b.value, {}};
  if (a.carries() && b.carries()) {
    y.tangent = a.tangent + b.tangent;
  } else if (a.carries() || b.carries()) {
    y.tangent = (a.carries() ? a.tangent : b.tangent).expand_as(y.value);
  }
  return y;
}

inline Dual operator-(const Dual& a, const Dual& b) {
  Dual y{a.value - b.value, {}};
  if (a.carries() && b.carries()) {
    y.tangent = a.tangent - b.tangent;
  } else if (a.carries()) {
    y.tangent = a.tangent.expand_as(y.value);
  } else if (b.carries()) {
    y.tangent = (-b.tangent).expand_as(y.value);
  }
  return y;
}

inline Dual view_as(const Dual& x, at::IntArrayRef shape) {
  return linear_map(x, [shape](const Tensor& t) { return t.reshape(shape); });
}

inline Dual sum_over(const Dual& x, at::IntArrayRef dims, bool keepdim) {
  return linear_map(x, [=](const Tensor& t) { return t.sum(dims, keepdim); });
}

inline Dual mean_over(const Dual& x, at::IntArrayRef dims) {
  return linear_map(x, [=](const Tensor& t) { return t.mean(dims, /*keepdim=*/true); });
}

// (x + shift)^(-1/2)
inline Dual rsqrt(const Dual& x, double shift) {
  Dual y{at::rsqrt(x.value + shift), {}};
  if (x.carries()) y.tangent = y.value.pow(3) * x.tangent * -0.5;
  return y;
}

}  // namespace gtn
