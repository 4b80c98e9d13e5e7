// What a convolution of few input channels sends back to its image, with vectors along the taps (the places of the
// kernel times the channels): a matrix product a row of positions, then each tap is added where it came from. Compiled
// once an instruction set, like vector.h.
#pragma once

#include "gtn/kernels/kernels.h"
#include "gtn/kernels/vector.h"

namespace gtn::kernels {
namespace {

inline Plane padded(const FewConv& c) { return {c.in.height + 2 * c.padding.height, c.in.width + 2 * c.padding.width}; }

// Where each tap lies in the padded image, counted from the first one's place.
void tap_offsets(const FewConv& c, int64_t* offsets) {
  for (int64_t ky = 0; ky < c.kernel.height; ++ky)
    for (int64_t kx = 0; kx < c.kernel.width; ++kx)
      for (int64_t channel = 0; channel < c.channels; ++channel)
        *offsets++ = (ky * c.dilation.height * padded(c).width + kx * c.dilation.width) * c.channels + channel;
}

// As many positions as leave half of the registers to their sums.
template <int T>
constexpr int kDataPositions = kRegisters / 2 * kRegisterFloats / T > 8 ? 8 : kRegisters / 2 * kRegisterFloats / T;

// P output positions in a row: grad_y times the weight [features, T], added to the padded gradient at each tap.
template <int T, int P>
void few_data_block(const FewConv& c, const int64_t* offsets, const float* const* grad_y, const float* weight,
                    int terms, int64_t first, float* padded_grad) {
  using V = Lanes<16>;
  constexpr int kVectors = T / 16;
  typename V::F sums[P][kVectors] = {};
  for (int i = 0; i < terms; ++i) {
    const float *g = grad_y[i] + first * c.features, *w = weight + c.features * T * i;
    for (int64_t o = 0; o < c.features; ++o) {
      for (int v = 0; v < kVectors; ++v) {
        const auto taps = V::load(w + o * T + int64_t{v} * 16);
        for (int p = 0; p < P; ++p) sums[p][v] += taps * g[p * c.features + o];
      }
    }
  }
  for (int p = 0; p < P; ++p) {
    float all[T];
    for (int v = 0; v < kVectors; ++v) V::store(all + int64_t{v} * 16, sums[p][v]);
    float* window = padded_grad + p * c.stride.width * c.channels;
    for (int64_t tap = 0; tap < c.taps(); ++tap) window[offsets[tap]] += all[tap];
  }
}

template <int T>
void few_data_image(const FewConv& c, const int64_t* offsets, const float* const* grad_y, const float* weight,
                    int terms, int64_t image, float* padded_grad) {
  const int64_t row = padded(c).width * c.channels;
  for (int64_t oy = 0; oy < c.out.height; ++oy) {
    const int64_t first = (image * c.out.height + oy) * c.out.width;
    float* line = padded_grad + oy * c.stride.height * row;
    int64_t ox = 0;
    const auto block = [&](auto positions) {
      few_data_block<T, positions.kValue>(c, offsets, grad_y, weight, terms, first + ox,
                                          line + ox * c.stride.width * c.channels);
      ox += positions.kValue;
    };
    while (ox + kDataPositions<T> <= c.out.width) block(Constant<kDataPositions<T>>{});
    while (ox + kDataPositions<T> / 2 <= c.out.width && kDataPositions < T >> 2)
      block(Constant<(kDataPositions<T> + 1) / 2>{});
    while (ox < c.out.width) block(Constant<1>{});
  }
}

void few_backward_data(const FewConv& c, const float* const* grad_y, const float* const* weight, int terms,
                       float* grad_x, int64_t begin, int64_t end, float* scratch) {
  int64_t offsets[kFewTaps];
  tap_offsets(c, offsets);
  const int64_t lanes = c.taps() <= 16 ? 16 : 32, row = c.in.width * c.channels;
  float* padded_grad = scratch;
  float* wide_weight = scratch + padded(c).positions() * c.channels;
  std::memset(wide_weight, 0, sizeof(float) * static_cast<size_t>(terms * c.features * lanes));
  for (int64_t i = 0; i < terms; ++i)
    for (int64_t o = 0; o < c.features; ++o)
      std::memcpy(wide_weight + (i * c.features + o) * lanes, weight[i] + o * c.taps(),
                  sizeof(float) * static_cast<size_t>(c.taps()));
  for (int64_t image = begin; image < end; ++image) {
    std::memset(padded_grad, 0, sizeof(float) * static_cast<size_t>(padded(c).positions() * c.channels));
    if (lanes == 16)
      few_data_image<16>(c, offsets, grad_y, wide_weight, terms, image, padded_grad);
    else
      few_data_image<32>(c, offsets, grad_y, wide_weight, terms, image, padded_grad);
    for (int64_t y = 0; y < c.in.height; ++y)
      std::memcpy(grad_x + (image * c.in.height + y) * row,
                  padded_grad + ((y + c.padding.height) * padded(c).width + c.padding.width) * c.channels,
                  sizeof(float) * static_cast<size_t>(row));
  }
}

// One image with its padding, so that no window needs a test.
void pad(const FewConv& c, const float* x, float* padded_x) {
  const int64_t row = c.in.width * c.channels;
  std::memset(padded_x, 0, sizeof(float) * static_cast<size_t>(padded(c).positions() * c.channels));
  for (int64_t y = 0; y < c.in.height; ++y)
    std::memcpy(padded_x + ((y + c.padding.height) * padded(c).width + c.padding.width) * c.channels, x + y * row,
                sizeof(float) * static_cast<size_t>(row));
}

// N taps from the first on, a register of features: sum over the positions of one image of x at the tap times grad_y.
template <int N>
void few_weight_block(const FewConv& c, const int64_t* offsets, const float* grad_y, const float* padded_x,
                      float* grad_weight) {
  typename Register::F sums[N];
  for (int n = 0; n < N; ++n) sums[n] = Register::load(grad_weight + n * c.features);
  const int64_t row = padded(c).width * c.channels;
  for (int64_t oy = 0; oy < c.out.height; ++oy) {
    for (int64_t ox = 0; ox < c.out.width; ++ox) {
      const auto g = Register::load(grad_y + (oy * c.out.width + ox) * c.features);
      const float* window = padded_x + oy * c.stride.height * row + ox * c.stride.width * c.channels;
      for (int n = 0; n < N; ++n) sums[n] += g * window[offsets[n]];
    }
  }
  for (int n = 0; n < N; ++n) Register::store(grad_weight + n * c.features, sums[n]);
}

void few_backward_weight(const FewConv& c, const float* grad_y, const float* x, float* grad_weight, int64_t begin,
                         int64_t end, float* scratch) {
  int64_t offsets[kFewTaps];
  tap_offsets(c, offsets);
  std::memset(grad_weight, 0, sizeof(float) * static_cast<size_t>(c.taps() * c.features));
  for (int64_t image = begin; image < end; ++image) {
    pad(c, x + image * c.in.positions() * c.channels, scratch);
    const float* g = grad_y + image * c.out.positions() * c.features;
    for (int64_t o = 0; o < c.features; o += kRegisterFloats) {
      int64_t tap = 0;
      for (; tap + 9 <= c.taps(); tap += 9)
        few_weight_block<9>(c, offsets + tap, g + o, scratch, grad_weight + tap * c.features + o);
      for (; tap < c.taps(); ++tap)
        few_weight_block<1>(c, offsets + tap, g + o, scratch, grad_weight + tap * c.features + o);
    }
  }
}

// P output positions in a row, 16 features from y's on: adds the taps of one term to them.
template <int P>
void few_forward_block(const FewConv& c, const int64_t* offsets, const float* window, const float* weight, float* y) {
  constexpr int kParts = 16 / kRegisterFloats;
  typename Register::F sums[P][kParts];
  for (int p = 0; p < P; ++p)
    for (int v = 0; v < kParts; ++v) sums[p][v] = Register::load(y + p * c.features + v * kRegisterFloats);
  for (int64_t tap = 0; tap < c.taps(); ++tap) {
    typename Register::F factor[kParts];
    for (int v = 0; v < kParts; ++v) factor[v] = Register::load(weight + tap * c.features + v * kRegisterFloats);
    for (int p = 0; p < P; ++p)
      for (int v = 0; v < kParts; ++v) sums[p][v] += factor[v] * window[p * c.stride.width * c.channels + offsets[tap]];
  }
  for (int p = 0; p < P; ++p)
    for (int v = 0; v < kParts; ++v) Register::store(y + p * c.features + v * kRegisterFloats, sums[p][v]);
}

// One row of one image's outputs, which hold the sum so far.
void few_forward_row(const FewConv& c, const int64_t* offsets, const float* line, const float* weight, float* y) {
  constexpr int kPositions = kRegisters == 32 ? 14 : kRegisterFloats == 8 ? 6 : 2;
  for (int64_t o = 0; o < c.features; o += 16) {
    int64_t ox = 0;
    const auto block = [&](auto positions) {
      few_forward_block<positions.kValue>(c, offsets, line + ox * c.stride.width * c.channels, weight + o,
                                          y + ox * c.features + o);
      ox += positions.kValue;
    };
    while (ox + kPositions <= c.out.width) block(Constant<kPositions>{});
    while (ox + 2 <= c.out.width) block(Constant<2>{});
    while (ox < c.out.width) block(Constant<1>{});
  }
}

void few_forward(const FewConv& c, const float* const* x, const float* const* weight, int terms, const float* bias,
                 float* y, int64_t begin, int64_t end, float* scratch) {
  int64_t offsets[kFewTaps];
  tap_offsets(c, offsets);
  const int64_t line = c.out.width * c.features, row = padded(c).width * c.channels * c.stride.height;
  float *padded_x = scratch, *turned = scratch + terms * padded(c).positions() * c.channels;  // [taps, features]
  for (int i = 0; i < terms; ++i)
    for (int64_t o = 0; o < c.features; ++o)
      for (int64_t tap = 0; tap < c.taps(); ++tap)
        turned[(i * c.taps() + tap) * c.features + o] = weight[i][o * c.taps() + tap];
  for (int64_t image = begin; image < end; ++image) {
    for (int i = 0; i < terms; ++i)
      pad(c, x[i] + image * c.in.positions() * c.channels, padded_x + i * padded(c).positions() * c.channels);
    for (int64_t oy = 0; oy < c.out.height; ++oy) {
      float* to = y + (image * c.out.height + oy) * line;
      for (int64_t ox = 0; ox < c.out.width; ++ox) {
        if (bias)
          std::memcpy(to + ox * c.features, bias, sizeof(float) * static_cast<size_t>(c.features));
        else
          std::memset(to + ox * c.features, 0, sizeof(float) * static_cast<size_t>(c.features));
      }
      for (int i = 0; i < terms; ++i)
        few_forward_row(c, offsets, padded_x + i * padded(c).positions() * c.channels + oy * row,
                        turned + i * c.taps() * c.features, to);
    }
  }
}

}  // namespace
}  // namespace gtn::kernels
