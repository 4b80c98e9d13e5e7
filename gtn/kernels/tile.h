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

// f(position) for every position of a window; the rows and columns as for_windows() hands them out.
template <class F>
inline void for_window(const Op& op, int64_t y0, int64_t y1, int64_t x0, int64_t x1, F&& f) {
  for (int64_t iy = y0; iy < y1; ++iy)
    for (int64_t p = iy * op.in.width + x0; p < iy * op.in.width + x1; ++p) f(p);
}

// Lanes where `v` takes the place of the largest so far: the first largest value of a window wins, a NaN always.
template <int L>
inline typename Lanes<L>::I exceeds(typename Lanes<L>::F v, typename Lanes<L>::F best) {
  return (v > best) | (v != v);
}

template <int L, bool D>
void max_forward(const Op& op, Source x, Target y) {
  using V = Lanes<L>;
  for_windows(op, [&](int64_t o, int64_t y0, int64_t y1, int64_t x0, int64_t x1) {
    auto best = V::all(-__builtin_inff());
    typename V::F tangent{};
    for_window(op, y0, y1, x0, x1, [&](int64_t p) {
      const auto v = at<L>(x.value, p, x.stride);
      const auto here = exceeds<L>(v, best);
      best = V::select(here, v, best);
      if constexpr (D) tangent = V::select(here, at<L>(x.tangent, p, x.stride), tangent);
    });
    put<L>(y.value, o, y.stride, best);
    if constexpr (D) put<L>(y.tangent, o, y.stride, tangent);
  });
}

template <int L>
void clear(float* base, int64_t positions, int64_t stride) {
  for (int64_t p = 0; p < positions; ++p) put<L>(base, p, stride, typename Lanes<L>::F{});
}

template <int L>
void copy(const float* from, int64_t from_stride, float* to, int64_t to_stride, int64_t positions) {
  for (int64_t p = 0; p < positions; ++p) put<L>(to, p, to_stride, at<L>(from, p, from_stride));
}

// Calls f(input position, first output row, last, first column, last) with the windows that see each input.
template <class F>
inline void for_inputs(const Op& op, F&& f) {
  const auto first_after = [&](int64_t first, int64_t i, int64_t kernel) {
    while (first * op.stride - op.padding + kernel <= i) ++first;
    return first;
  };
  const auto end_after = [&](int64_t end, int64_t i, int64_t count) {
    while (end < count && end * op.stride - op.padding <= i) ++end;
    return end;
  };
  int64_t y0 = 0, y1 = 0, p = 0;
  for (int64_t iy = 0; iy < op.in.height; ++iy) {
    y0 = first_after(y0, iy, op.kernel.height), y1 = end_after(y1, iy, op.out.height);
    int64_t x0 = 0, x1 = 0;
    for (int64_t ix = 0; ix < op.in.width; ++ix, ++p) {
      x0 = first_after(x0, ix, op.kernel.width), x1 = end_after(x1, ix, op.out.width);
      f(p, y0, y1, x0, x1);
    }
  }
}

// First where each window's largest value lies, then for each input the windows that chose it: nothing is read back
// that was just written. `room` holds an integer an output and lane.
template <int L, bool D>
void max_backward(const Op& op, Source x, Source g, Target gx, float* room) {
  using V = Lanes<L>;
  for_windows(op, [&](int64_t o, int64_t y0, int64_t y1, int64_t x0, int64_t x1) {
    auto best = V::all(-__builtin_inff());
    typename V::I chosen = typename V::I{} + static_cast<int32_t>(y0 * op.in.width + x0);
    for_window(op, y0, y1, x0, x1, [&](int64_t p) {
      const auto v = at<L>(x.value, p, x.stride);
      const auto here = exceeds<L>(v, best);
      best = V::select(here, v, best);
      chosen = (chosen & ~here) | (here & static_cast<int32_t>(p));
    });
    V::store_whole(room + o * L, chosen);
  });
  for_inputs(op, [&](int64_t p, int64_t y0, int64_t y1, int64_t x0, int64_t x1) {
    typename V::F sum{}, tangent{};
    for (int64_t oy = y0; oy < y1; ++oy) {
      for (int64_t o = oy * op.out.width + x0; o < oy * op.out.width + x1; ++o) {
        const typename V::I here = V::load_whole(room + o * L) == static_cast<int32_t>(p);
        sum += V::select(here, at<L>(g.value, o, g.stride), typename V::F{});
        if constexpr (D) tangent += V::select(here, at<L>(g.tangent, o, g.stride), typename V::F{});
      }
    }
    put<L>(gx.value, p, gx.stride, sum);
    if constexpr (D) put<L>(gx.tangent, p, gx.stride, tangent);
  });
}

template <int L>
void average_forward(const Op& op, const float* x, int64_t x_stride, float* y, int64_t y_stride) {
  for_windows(op, [&](int64_t o, int64_t y0, int64_t y1, int64_t x0, int64_t x1) {
    typename Lanes<L>::F sum{};
    for (int64_t iy = y0; iy < y1; ++iy)
      for (int64_t p = iy * op.in.width + x0; p < iy * op.in.width + x1; ++p) sum += at<L>(x, p, x_stride);
    put<L>(y, o, y_stride, sum * (1.0f / static_cast<float>((y1 - y0) * (x1 - x0))));
  });
}

template <int L>
void average_backward(const Op& op, const float* g, int64_t g_stride, float* gx, int64_t gx_stride) {
  clear<L>(gx, op.in.positions(), gx_stride);
  for_windows(op, [&](int64_t o, int64_t y0, int64_t y1, int64_t x0, int64_t x1) {
    const auto share = at<L>(g, o, g_stride) * (1.0f / static_cast<float>((y1 - y0) * (x1 - x0)));
    for (int64_t iy = y0; iy < y1; ++iy)
      for (int64_t p = iy * op.in.width + x0; p < iy * op.in.width + x1; ++p)
        put<L>(gx, p, gx_stride, at<L>(gx, p, gx_stride) + share);
  });
}

}  // namespace
}  // namespace gtn::kernels
