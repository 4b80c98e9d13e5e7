// The operations of a chain on one tile: all positions of one image, L of its channels. Compiled once an instruction
// set, like vector.h.
#pragma once

#include "gtn/kernels/kernels.h"
#include "gtn/kernels/vector.h"

namespace gtn::kernels {
namespace {

// L channels at each position; `stride` floats lie between two positions.
struct Source {
  const float* value;
  const float* tangent;
  int64_t stride;
};
struct Target {
  float* value;
  float* tangent;
  int64_t stride;
};
inline Source read(const Target& t) { return {t.value, t.tangent, t.stride}; }

template <int L>
inline typename Lanes<L>::F at(const float* base, int64_t position, int64_t stride) {
  return Lanes<L>::load(base + position * stride);
}
template <int L>
inline void put(float* base, int64_t position, int64_t stride, typename Lanes<L>::F v) {
  Lanes<L>::store(base + position * stride, v);
}

// D: with tangents.
template <int L, bool D>
void affine_forward(const Affine& a, int64_t at_coefficient, int64_t positions, Source x, Target y) {
  using V = Lanes<L>;
  const auto load = [at_coefficient](const float* p) { return V::load(p + at_coefficient); };
  const auto mean = load(a.mean.value), scale = load(a.scale.value), shift = load(a.shift.value);
  typename V::F mean_t{}, scale_t{}, shift_t{};
  if constexpr (D) mean_t = load(a.mean.tangent), scale_t = load(a.scale.tangent), shift_t = load(a.shift.tangent);
  for (int64_t p = 0; p < positions; ++p) {
    const auto centred = at<L>(x.value, p, x.stride) - mean;
    put<L>(y.value, p, y.stride, scale * centred + shift);
    if constexpr (D)
      put<L>(y.tangent, p, y.stride, scale * (at<L>(x.tangent, p, x.stride) - mean_t) + scale_t * centred + shift_t);
  }
}

// f with its derivatives at x, for the activations.
template <int L>
struct Slope {
  typename Lanes<L>::F value, first, second;
};

template <OpKind K, int L>
inline Slope<L> activate(float slope, typename Lanes<L>::F x) {
  using V = Lanes<L>;
  if constexpr (K == OpKind::leaky_relu) {
    const auto first = V::select(x > typename V::F{}, V::all(1), V::all(slope));
    return {V::select(x > typename V::F{}, x, x * slope), first, typename V::F{}};
  } else if constexpr (K == OpKind::tanh) {
    const auto y = V::tanh(x), first = 1.0f - y * y;
    return {y, first, -2.0f * y * first};
  } else {
    const auto s = 1.0f / (1.0f + V::exp(-x)), slope_of_s = s * (1.0f - s);
    return {x * s, s + x * slope_of_s, slope_of_s * (2.0f + x * (1.0f - 2.0f * s))};
  }
}

template <OpKind K, int L, bool D>
void activation_forward(float slope, int64_t positions, Source x, Target y) {
  for (int64_t p = 0; p < positions; ++p) {
    const auto f = activate<K, L>(slope, at<L>(x.value, p, x.stride));
    put<L>(y.value, p, y.stride, f.value);
    if constexpr (D) put<L>(y.tangent, p, y.stride, f.first * at<L>(x.tangent, p, x.stride));
  }
}

template <OpKind K, int L, bool D>
void activation_backward(float slope, int64_t positions, Source x, Source g, Target gx) {
  for (int64_t p = 0; p < positions; ++p) {
    const auto f = activate<K, L>(slope, at<L>(x.value, p, x.stride));
    const auto grad = at<L>(g.value, p, g.stride);
    put<L>(gx.value, p, gx.stride, f.first * grad);
    if constexpr (D) {
      auto tangent = f.first * at<L>(g.tangent, p, g.stride);
      if constexpr (K != OpKind::leaky_relu) tangent += f.second * at<L>(x.tangent, p, x.stride) * grad;
      put<L>(gx.tangent, p, gx.stride, tangent);
    }
  }
}

// Calls f(output position, first input row, last, first column, last) for every window, cut to the image.
template <class F>
inline void for_windows(const Op& op, F&& f) {
  const auto low = [](int64_t v) { return v < 0 ? 0 : v; };
  const auto high = [](int64_t v, int64_t end) { return v > end ? end : v; };
  for (int64_t oy = 0, o = 0; oy < op.out.height; ++oy) {
    const int64_t y = oy * op.stride - op.padding;
    for (int64_t ox = 0; ox < op.out.width; ++ox, ++o) {
      const int64_t x = ox * op.stride - op.padding;
      f(o, low(y), high(y + op.kernel.height, op.in.height), low(x), high(x + op.kernel.width, op.in.width));
    }
  }
}

// f(position, its number in the window) for every position of a window; the rows and columns as for_windows() hands
// them out. K: the size of the square windows, so that a whole one is unrolled; 0: any size.
template <int K, class F>
GTN_INLINE void for_window(const Op& op, int64_t y0, int64_t y1, int64_t x0, int64_t x1, F&& f) {
  if (K > 0 && y1 - y0 == K && x1 - x0 == K) {
    const int64_t first = y0 * op.in.width + x0;
#pragma GCC unroll 9
    for (int i = 0; i < K * K; ++i) f(first + i / (K > 0 ? K : 1) * op.in.width + i % (K > 0 ? K : 1), i);
    return;
  }
  int number = 0;
  for (int64_t iy = y0; iy < y1; ++iy)
    for (int64_t p = iy * op.in.width + x0; p < iy * op.in.width + x1; ++p) f(p, number++);
}

// Lanes where `v` takes the place of the largest so far: the first largest value of a window wins, a NaN always.
template <int L>
inline typename Lanes<L>::I exceeds(typename Lanes<L>::F v, typename Lanes<L>::F best) {
  return (v > best) | (v != v);
}

// `width` channels, a multiple of L, L at a time.
template <int L, class F>
GTN_INLINE void for_channels(int64_t width, F&& f) {
  for (int64_t c = 0; c < width; c += L) f(c);
}

template <int L, bool D, int K>
void max_forward(const Op& op, int64_t width, Source x, Target y) {
  using V = Lanes<L>;
  for_windows(op, [&](int64_t o, int64_t y0, int64_t y1, int64_t x0, int64_t x1) {
    for_channels<L>(width, [&](int64_t c) {
      auto best = V::all(-__builtin_inff());
      typename V::F tangent{};
      for_window<K>(op, y0, y1, x0, x1, [&](int64_t p, int) {
        const auto v = at<L>(x.value + c, p, x.stride);
        const auto here = exceeds<L>(v, best);
        best = V::select(here, v, best);
        if constexpr (D) tangent = V::select(here, at<L>(x.tangent + c, p, x.stride), tangent);
      });
      put<L>(y.value + c, o, y.stride, best);
      if constexpr (D) put<L>(y.tangent + c, o, y.stride, tangent);
    });
  });
}

template <int L>
void clear(float* base, int64_t positions, int64_t width, int64_t stride) {
  for (int64_t p = 0; p < positions; ++p)
    for_channels<L>(width, [&](int64_t c) { put<L>(base + c, p, stride, typename Lanes<L>::F{}); });
}

template <int L>
void copy(const float* from, int64_t from_stride, float* to, int64_t to_stride, int64_t positions) {
  for (int64_t p = 0; p < positions; ++p) put<L>(to, p, to_stride, at<L>(from, p, from_stride));
}

// The number of the position that holds a window's largest value, then what comes back is added there.
template <int L, bool D, int K>
void max_backward(const Op& op, int64_t width, Source x, Source g, Target gx) {
  using V = Lanes<L>;
  const auto add = [](float* to, typename V::F v) { V::store(to, V::load(to) + v); };
  clear<L>(gx.value, op.in.positions(), width, gx.stride);
  if constexpr (D) clear<L>(gx.tangent, op.in.positions(), width, gx.stride);
  for_windows(op, [&](int64_t o, int64_t y0, int64_t y1, int64_t x0, int64_t x1) {
    for_channels<L>(width, [&](int64_t c) {
      auto best = V::all(-__builtin_inff());
      typename V::I chosen{};
      for_window<K>(op, y0, y1, x0, x1, [&](int64_t p, int number) {
        const auto v = at<L>(x.value + c, p, x.stride);
        const auto here = exceeds<L>(v, best);
        best = V::select(here, v, best);
        chosen = (chosen & ~here) | (here & number);
      });
      const auto grad = at<L>(g.value + c, o, g.stride);
      typename V::F tangent{};
      if constexpr (D) tangent = at<L>(g.tangent + c, o, g.stride);
      for_window<K>(op, y0, y1, x0, x1, [&](int64_t p, int number) {
        const typename V::I here = chosen == number;
        add(gx.value + c + p * gx.stride, V::select(here, grad, typename V::F{}));
        if constexpr (D) add(gx.tangent + c + p * gx.stride, V::select(here, tangent, typename V::F{}));
      });
    });
  });
}

// f(Constant<K>) with the size of the windows where they are square and common, else with 0.
template <class F>
inline void with_window(const Op& op, F&& f) {
  const bool square = op.kernel.height == op.kernel.width;
  if (square && op.kernel.height == 3) return f(Constant<3>{});
  if (square && op.kernel.height == 2) return f(Constant<2>{});
  f(Constant<0>{});
}

template <int L>
void average_forward(const Op& op, int64_t width, const float* x, int64_t x_stride, float* y, int64_t y_stride) {
  for_windows(op, [&](int64_t o, int64_t y0, int64_t y1, int64_t x0, int64_t x1) {
    const float share = 1.0f / static_cast<float>((y1 - y0) * (x1 - x0));
    for_channels<L>(width, [&](int64_t c) {
      typename Lanes<L>::F sum{};
      for_window<0>(op, y0, y1, x0, x1, [&](int64_t p, int) { sum += at<L>(x + c, p, x_stride); });
      put<L>(y + c, o, y_stride, sum * share);
    });
  });
}

template <int L>
void average_backward(const Op& op, int64_t width, const float* g, int64_t g_stride, float* gx, int64_t gx_stride) {
  clear<L>(gx, op.in.positions(), width, gx_stride);
  for_windows(op, [&](int64_t o, int64_t y0, int64_t y1, int64_t x0, int64_t x1) {
    const float share = 1.0f / static_cast<float>((y1 - y0) * (x1 - x0));
    for_channels<L>(width, [&](int64_t c) {
      const auto part = at<L>(g + c, o, g_stride) * share;
      for_window<0>(op, y0, y1, x0, x1,
                    [&](int64_t p, int) { put<L>(gx + c, p, gx_stride, at<L>(gx + c, p, gx_stride) + part); });
    });
  });
}

}  // namespace
}  // namespace gtn::kernels
