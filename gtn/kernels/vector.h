// Vectors of L floats, for the files that are compiled once an instruction set; the compiler splits them where the
// processor's registers are narrower. No standard library here: its inline functions would be shared between
// instruction sets.
#pragma once

#include <cstdint>
#include <cstring>

namespace gtn::kernels {
namespace {

template <int L>
struct VectorOf;  // spelled out for each length: GCC does not index vectors of dependent length
template <>
struct VectorOf<16> {
  using Float __attribute__((vector_size(64))) = float;
  using Int __attribute__((vector_size(64))) = int32_t;
};
template <>
struct VectorOf<8> {
  using Float __attribute__((vector_size(32))) = float;
  using Int __attribute__((vector_size(32))) = int32_t;
};
template <>
struct VectorOf<4> {
  using Float __attribute__((vector_size(16))) = float;
  using Int __attribute__((vector_size(16))) = int32_t;
};
template <>
struct VectorOf<2> {
  using Float __attribute__((vector_size(8))) = float;
  using Int __attribute__((vector_size(8))) = int32_t;
};
template <>
struct VectorOf<1> {
  using Float __attribute__((vector_size(4))) = float;
  using Int __attribute__((vector_size(4))) = int32_t;
};

template <int L>
struct Lanes {
  using F = typename VectorOf<L>::Float;
  using I = typename VectorOf<L>::Int;

  static F load(const float* p) {
    F v;
    std::memcpy(&v, p, sizeof v);
    return v;
  }
  static void store(float* p, F v) { std::memcpy(p, &v, sizeof v); }
  static F all(float value) { return F{} + value; }
  static F select(I mask, F yes, F no) { return mask ? yes : no; }
  static F max(F a, F b) { return select(a > b, a, b); }
  static F min(F a, F b) { return select(a < b, a, b); }
  static float sum(F v) {
    if constexpr (L == 1) {
      return v[0];
    } else {
      using Half = Lanes<L / 2>;
      typename Half::F low, high;
      std::memcpy(&low, &v, sizeof low);
      std::memcpy(&high, reinterpret_cast<const char*>(&v) + sizeof low, sizeof high);
      return Half::sum(low + high);
    }
  }

  // e^x to about 2 ulp; below -87 and above 88 as at those. A NaN stays one. Coefficients of Cephes' expf (Moshier).
  static F exp(F x) {
    const F bounded = select(x < -87.0f, all(-87.0f), select(x > 88.0f, all(88.0f), x));
    constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
    const F n = (bounded * 1.44269504088896341f + kRound) - kRound;
    const F r = bounded - n * 0.693359375f + n * 2.12194440e-4f;
    F p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    const I exponent = __builtin_convertvector(select(x == x, n, F{}), I);
    const I bits = (exponent + 127) << 23;
    F power;
    std::memcpy(&power, &bits, sizeof power);
    return (p * r * r + r + 1.0f) * power;
  }

  static F tanh(F x) {
    const F size = max(x, -x), e = exp(-2.0f * size), far = (1.0f - e) / (1.0f + e);
    const F z = x * x;
    F p = z * -5.70498872745e-3f + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    const F result = select(size > 0.625f, select(x < F{}, -far, far), x + x * z * p);
    return select(x == x, result, x);
  }
};

}  // namespace
}  // namespace gtn::kernels
