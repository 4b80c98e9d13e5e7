// Vectors of L floats, for the files that are compiled once an instruction set. What is longer than the processor's
// registers is a pair of halves: left to itself, GCC takes such vectors through memory, lane by lane. No standard
// library here: its inline functions would be shared between instruction sets.
#pragma once

#include <cstdint>
#include <cstring>

namespace gtn::kernels {
namespace {

#if defined(__AVX512F__)
constexpr int kRegisterFloats = 16, kRegisters = 32;
#elif defined(__AVX__)
constexpr int kRegisterFloats = 8, kRegisters = 16;
#else  // SSE2, or 64-bit Arm's
constexpr int kRegisterFloats = 4, kRegisters = 16;
#endif

template <class V>
struct Pair {
  V low, high;
};

#define GTN_INLINE inline __attribute__((always_inline))
// Elementwise; either operand may be a scalar.
#define GTN_PAIR_OPERATOR(op)                                                \
  template <class V>                                                         \
  GTN_INLINE auto operator op(const Pair<V>& a, const Pair<V>& b) {          \
    return Pair<decltype(a.low op b.low)>{a.low op b.low, a.high op b.high}; \
  }                                                                          \
  template <class V, class S>                                                \
  GTN_INLINE auto operator op(const Pair<V>& a, S b) {                       \
    return Pair<decltype(a.low op b)>{a.low op b, a.high op b};              \
  }                                                                          \
  template <class V, class S>                                                \
  GTN_INLINE auto operator op(S a, const Pair<V>& b) {                       \
    return Pair<decltype(a op b.low)>{a op b.low, a op b.high};              \
  }
GTN_PAIR_OPERATOR(+)
GTN_PAIR_OPERATOR(-)
GTN_PAIR_OPERATOR(*)
GTN_PAIR_OPERATOR(/)
GTN_PAIR_OPERATOR(<)
GTN_PAIR_OPERATOR(>)
GTN_PAIR_OPERATOR(==)
GTN_PAIR_OPERATOR(!=)
GTN_PAIR_OPERATOR(&)
GTN_PAIR_OPERATOR(|)
GTN_PAIR_OPERATOR(<<)
#undef GTN_PAIR_OPERATOR
template <class V>
GTN_INLINE Pair<V> operator-(const Pair<V>& a) {
  return {-a.low, -a.high};
}
template <class V>
GTN_INLINE Pair<V> operator~(const Pair<V>& a) {
  return {~a.low, ~a.high};
}
template <class V>
GTN_INLINE Pair<V>& operator+=(Pair<V>& a, const Pair<V>& b) {
  return a = a + b;
}
template <class V>
GTN_INLINE Pair<V>& operator&=(Pair<V>& a, const Pair<V>& b) {
  return a = a & b;
}

// Vectors of one register or less, spelled out for each length: GCC does not index vectors of dependent length.
template <int L>
struct RegisterOf;
#define GTN_REGISTER(lanes)                                        \
  template <>                                                      \
  struct RegisterOf<lanes> {                                       \
    using Float __attribute__((vector_size(4 * (lanes)))) = float; \
    using Int __attribute__((vector_size(4 * (lanes)))) = int32_t; \
  };
GTN_REGISTER(16)
GTN_REGISTER(8)
GTN_REGISTER(4)
GTN_REGISTER(2)
GTN_REGISTER(1)
#undef GTN_REGISTER

template <int L, bool kOne = (L <= kRegisterFloats)>
struct VectorOf {
  using Float = typename RegisterOf<L>::Float;
  using Int = typename RegisterOf<L>::Int;
};
template <int L>
struct VectorOf<L, false> {
  using Float = Pair<typename VectorOf<L / 2>::Float>;
  using Int = Pair<typename VectorOf<L / 2>::Int>;
};

template <int L>
struct Lanes {
  using F = typename VectorOf<L>::Float;
  using I = typename VectorOf<L>::Int;
  using Half = Lanes<L / 2>;
  static constexpr bool kOne = L <= kRegisterFloats;  // fits one register

  GTN_INLINE static F load(const float* p) {
    if constexpr (kOne) {
      F v;
      std::memcpy(&v, p, sizeof v);
      return v;
    } else {
      return {Half::load(p), Half::load(p + L / 2)};
    }
  }
  GTN_INLINE static void store(float* p, F v) {
    if constexpr (kOne) {
      std::memcpy(p, &v, sizeof v);
    } else {
      Half::store(p, v.low);
      Half::store(p + L / 2, v.high);
    }
  }
  GTN_INLINE static F all(float value) { return F{} + value; }
  GTN_INLINE static F select(I mask, F yes, F no) {
    if constexpr (kOne)
      return mask ? yes : no;
    else
      return {Half::select(mask.low, yes.low, no.low), Half::select(mask.high, yes.high, no.high)};
  }
  GTN_INLINE static F max(F a, F b) { return select(a > b, a, b); }
  // 2^n for whole n in the range of normal floats.
  GTN_INLINE static F power_of_two(F n) {
    if constexpr (kOne) {
      const I bits = (__builtin_convertvector(n, I) + 127) << 23;
      F power;
      std::memcpy(&power, &bits, sizeof power);
      return power;
    } else {
      return {Half::power_of_two(n.low), Half::power_of_two(n.high)};
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
    return (p * r * r + r + 1.0f) * power_of_two(select(x == x, n, F{}));
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

template <int N>
struct Constant {
  static constexpr int kValue = N;
};

// One register.
using Register = Lanes<kRegisterFloats>;

}  // namespace
}  // namespace gtn::kernels
