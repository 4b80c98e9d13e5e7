// The 3x3 convolution of stride one by minimal filtering, F(2x2, 3x3) of Winograd: 16 products where 36 stand, for each
// 2x2 tile of the output (Lavin and Gray, 2016, section 4.1). With the matrices
//
//   B^T = | 1  0 -1  0 |   G = | 1    0    0 |   A^T = | 1  1  1  0 |
//         | 0  1  1  0 |       | 1/2  1/2 1/2|         | 0  1 -1 -1 |
//         | 0 -1  1  0 |       | 1/2 -1/2 1/2|
//         | 0  1  0 -1 |       | 0    0    1 |
//
// the forward pass is y = A^T [sum over channels of (G w G^T) (B^T x B)] A, and its adjoint in w is
// grad_w = G^T [sum over tiles of (A g A^T) (B^T x B)] G; that in x is the forward pass with the weight turned round.
// The 16 sums are matrix products over a block of tiles that stays in the cache. Compiled once an instruction set.
#pragma once

#include "gtn/kernels/kernels.h"
#include "gtn/kernels/vector.h"

namespace gtn::kernels {
namespace {

constexpr int kColumns = 16;  // output channels of one product
constexpr int kColumnRegisters = kColumns / kRegisterFloats;
// Rows of one product: as many sums as the registers hold beside one row of factors.
constexpr int kForwardRows = kRegisters == 32 ? 14 : kRegisterFloats == 8 ? 6 : 2;  // tiles; divides no channels
constexpr int kWeightRows = kRegisters == 32 ? 16 : kRegisterFloats == 8 ? 4 : 2;   // channels; divides 16

// Tiles of a block: as many as leave `terms` transformed inputs half of a small second-level cache, if they can.
inline int64_t block_of(const WinogradConv& c, int terms) {
  constexpr int64_t kCacheFloats = 1 << 16, kMost = kWinogradTiles / kForwardRows;
  const int64_t fitting = kCacheFloats / (16 * c.channels * terms * kForwardRows);
  return kForwardRows * (fitting < 2 ? 2 : fitting > kMost ? kMost : fitting);
}

// A block of transformed tiles: 16 matrices [rows, width], a cache line apart so that they do not meet in one set.
inline int64_t matrix_floats(int64_t rows, int64_t width) { return rows * width + 16; }
constexpr int64_t kSumsMatrix = kWinogradTiles * kColumns + 16;

// sums[R][kColumns] (+)= a [R rows, `length`] b [length, kColumns]. Element (r, k) of a is a[r * row + k * step].
template <int R, bool kAdd>
GTN_INLINE void multiply(const float* a, int64_t row, int64_t step, const float* b, int64_t length, float* sums,
                         int64_t sums_row) {
  typename Register::F s[R][kColumnRegisters] = {};
  for (int64_t k = 0; k < length; ++k) {
    typename Register::F factor[kColumnRegisters];
    for (int c = 0; c < kColumnRegisters; ++c) factor[c] = Register::load(b + k * kColumns + c * kRegisterFloats);
    for (int r = 0; r < R; ++r)
      for (int c = 0; c < kColumnRegisters; ++c) s[r][c] += factor[c] * a[r * row + k * step];
  }
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < kColumnRegisters; ++c) {
      float* to = sums + r * sums_row + c * kRegisterFloats;
      Register::store(to, kAdd ? Register::load(to) + s[r][c] : s[r][c]);
    }
  }
}

// Where tile `index` of all images lies.
struct TilePlace {
  int64_t image, y, x;  // of its first output
};
inline TilePlace place_of_tile(const WinogradConv& c, int64_t index) {
  const int64_t across = (c.out.width + 1) / 2, down = (c.out.height + 1) / 2;
  return {index / (across * down), index / across % down * 2, index % across * 2};
}

// d0 - d2, d1 + d2, d2 - d1, d1 - d3 of four vectors `stride` apart.
template <class V>
GTN_INLINE void transform_inputs(V* d, int stride) {
  const V d0 = d[0], d1 = d[stride], d2 = d[2 * stride], d3 = d[3 * stride];
  d[0] = d0 - d2;
  d[stride] = d1 + d2;
  d[2 * stride] = d2 - d1;
  d[3 * stride] = d1 - d3;
}

// B^T x B for tiles [first, first + count), into matrices [count, channels], `matrix` floats apart. `zeros` holds as
// many as channels.
void transform_block(const WinogradConv& c, const float* x, int64_t first, int64_t count, const float* zeros, float* to,
                     int64_t matrix) {
  for (int64_t t = 0; t < count; ++t) {
    const TilePlace place = place_of_tile(c, first + t);
    const float* from[16];
    for (int i = 0; i < 16; ++i) {
      const int64_t row = place.y - c.padding.height + i / 4, column = place.x - c.padding.width + i % 4;
      const bool inside = row >= 0 && row < c.in.height && column >= 0 && column < c.in.width;
      from[i] = inside ? x + ((place.image * c.in.height + row) * c.in.width + column) * c.channels : zeros;
    }
    for (int64_t k = 0; k < c.channels; k += kRegisterFloats) {
      typename Register::F d[16];
      for (int i = 0; i < 16; ++i) d[i] = Register::load(from[i] + k);
      for (int column = 0; column < 4; ++column) transform_inputs(d + column, 4);
      for (int row = 0; row < 4; ++row) transform_inputs(d + 4 * row, 1);
      for (int i = 0; i < 16; ++i) Register::store(to + i * matrix + t * c.channels + k, d[i]);
    }
  }
}

// A^T s A for tiles [first, first + count) of kColumns features from `feature` on; `sums` are matrices [count,
// kColumns], kSumsMatrix floats apart.
void write_block(const WinogradConv& c, const float* sums, int64_t first, int64_t count, int64_t feature,
                 const float* bias, float* y) {
  for (int64_t t = 0; t < count; ++t) {
    const TilePlace place = place_of_tile(c, first + t);
    for (int part = 0; part < kColumns; part += kRegisterFloats) {
      typename Register::F rows[2][4];
      for (int column = 0; column < 4; ++column) {
        const float* s = sums + column * kSumsMatrix + t * kColumns + part;
        const auto s0 = Register::load(s), s1 = Register::load(s + 4 * kSumsMatrix),
                   s2 = Register::load(s + 8 * kSumsMatrix), s3 = Register::load(s + 12 * kSumsMatrix);
        rows[0][column] = s0 + s1 + s2;
        rows[1][column] = s1 - s2 - s3;
      }
      const auto shift = bias ? Register::load(bias + feature + part) : typename Register::F{};
      for (int64_t i = 0; i < 2 && place.y + i < c.out.height; ++i) {
        float* to =
            y + ((place.image * c.out.height + place.y + i) * c.out.width + place.x) * c.features + feature + part;
        Register::store(to, rows[i][0] + rows[i][1] + rows[i][2] + shift);
        if (place.x + 1 < c.out.width) Register::store(to + c.features, rows[i][1] - rows[i][2] - rows[i][3] + shift);
      }
    }
  }
}

void winograd_forward(const WinogradConv& c, const WinogradTerm* terms, int count, const float* bias, float* y,
                      int64_t begin, int64_t end, float* scratch) {
  const int64_t block = block_of(c, count), matrix = matrix_floats(block, c.channels);
  float *sums = scratch, *zeros = sums + 16 * kSumsMatrix, *inputs = zeros + c.channels;
  std::memset(zeros, 0, sizeof(float) * static_cast<size_t>(c.channels));
  for (int64_t first = begin; first < end; first += block) {
    const int64_t size = first + block < end ? block : end - first;
    for (int term = 0; term < count; ++term)
      transform_block(c, terms[term].x, first, size, zeros, inputs + term * 16 * matrix, matrix);
    for (int64_t feature = 0; feature < c.features; feature += kColumns) {
      for (int term = 0; term < count; ++term) {
        for (int64_t i = 0; i < 16; ++i) {
          const float* a = inputs + (term * 16 + i) * matrix;
          const float* b = terms[term].weight + (i * c.features + feature) * c.channels;
          for (int64_t t = 0; t < size; t += kForwardRows) {
            float* to = sums + i * kSumsMatrix + t * kColumns;
            if (term == 0)
              multiply<kForwardRows, false>(a + t * c.channels, c.channels, 1, b, c.channels, to, kColumns);
            else
              multiply<kForwardRows, true>(a + t * c.channels, c.channels, 1, b, c.channels, to, kColumns);
          }
        }
      }
      write_block(c, sums, first, size, feature, bias, y);
    }
  }
}

// A g A^T for tiles [first, first + count), into matrices [features / kColumns, rows, kColumns], `matrix` floats apart.
void transform_gradients(const WinogradConv& c, const float* g, int64_t first, int64_t count, float* to, int64_t rows,
                         int64_t matrix) {
  for (int64_t t = 0; t < count; ++t) {
    const TilePlace place = place_of_tile(c, first + t);
    const bool right = place.x + 1 < c.out.width, below = place.y + 1 < c.out.height;
    const float* from = g + ((place.image * c.out.height + place.y) * c.out.width + place.x) * c.features;
    const int64_t row = c.out.width * c.features;
    for (int64_t o = 0; o < c.features; o += kRegisterFloats) {
      const typename Register::F zero{};
      const auto g00 = Register::load(from + o), g01 = right ? Register::load(from + c.features + o) : zero,
                 g10 = below ? Register::load(from + row + o) : zero,
                 g11 = right && below ? Register::load(from + row + c.features + o) : zero;
      const typename Register::F left[4] = {g00, g00 + g10, g00 - g10, -g10},
                                 far[4] = {g01, g01 + g11, g01 - g11, -g11};
      float* place_in_block = to + (o / kColumns * rows + t) * kColumns + o % kColumns;
      for (int i = 0; i < 4; ++i) {
        float* four = place_in_block + 4 * i * matrix;
        Register::store(four, left[i]);
        Register::store(four + matrix, left[i] + far[i]);
        Register::store(four + 2 * matrix, left[i] - far[i]);
        Register::store(four + 3 * matrix, -far[i]);
      }
    }
  }
}

void winograd_backward_weight(const WinogradConv& c, const float* x, const float* grad_y, float* sums, int64_t begin,
                              int64_t end, float* scratch) {
  const int64_t block = block_of(c, 1), input_matrix = matrix_floats(block, c.channels),
                gradient_matrix = matrix_floats(block, c.features);
  float *zeros = scratch, *inputs = zeros + c.channels, *gradients = inputs + 16 * input_matrix;
  std::memset(zeros, 0, sizeof(float) * static_cast<size_t>(c.channels));
  for (int64_t first = begin; first < end; first += block) {
    const int64_t size = first + block < end ? block : end - first;
    transform_block(c, x, first, size, zeros, inputs, input_matrix);
    transform_gradients(c, grad_y, first, size, gradients, block, gradient_matrix);
    for (int64_t i = 0; i < 16; ++i)
      for (int64_t feature = 0; feature < c.features; feature += kColumns)
        for (int64_t k = 0; k < c.channels; k += kWeightRows)
          multiply<kWeightRows, true>(inputs + i * input_matrix + k, 1, c.channels,
                                      gradients + i * gradient_matrix + feature * block, size,
                                      sums + (i * c.features + feature) * c.channels + k * kColumns, kColumns);
  }
}

// G g G^T of 3x3 vectors, into 16 vectors `matrix` floats apart.
template <class V>
GTN_INLINE void transform_weight(const V (&g)[9], float* to, int64_t matrix) {
  V half[4][3];
  for (int j = 0; j < 3; ++j) {
    half[0][j] = g[j];
    half[1][j] = 0.5f * (g[j] + g[3 + j] + g[6 + j]);
    half[2][j] = 0.5f * (g[j] - g[3 + j] + g[6 + j]);
    half[3][j] = g[6 + j];
  }
  for (int i = 0; i < 4; ++i) {
    float* four = to + 4 * i * matrix;
    Register::store(four, half[i][0]);
    Register::store(four + matrix, 0.5f * (half[i][0] + half[i][1] + half[i][2]));
    Register::store(four + 2 * matrix, 0.5f * (half[i][0] - half[i][1] + half[i][2]));
    Register::store(four + 3 * matrix, half[i][2]);
  }
}

void winograd_weight(const WinogradWeight& w, const float* weight, float* to, int64_t begin, int64_t end) {
  for (int64_t feature = begin * kColumns; feature < end * kColumns; feature += kRegisterFloats) {
    for (int64_t k = 0; k < w.channels; ++k) {
      typename Register::F g[9];
      for (int64_t tap = 0; tap < 9; ++tap) {
        const float* from = weight + k * w.channel_stride + (w.turned ? 8 - tap : tap) * w.tap_stride;
        float lanes[kRegisterFloats];
        for (int64_t n = 0; n < kRegisterFloats; ++n) lanes[n] = from[(feature + n) * w.feature_stride];
        g[tap] = Register::load(lanes);
      }
      transform_weight(g, to + (feature / kColumns * w.channels + k) * kColumns + feature % kColumns,
                       w.features * w.channels);
    }
  }
}

// G^T s G of 4x4 vectors.
template <class V>
GTN_INLINE void transform_weight_gradient(const V (&s)[16], V (&g)[9]) {
  V half[3][4];
  for (int j = 0; j < 4; ++j) {
    const V even = 0.5f * (s[4 + j] + s[8 + j]);
    half[0][j] = s[j] + even;
    half[1][j] = 0.5f * (s[4 + j] - s[8 + j]);
    half[2][j] = even + s[12 + j];
  }
  for (int i = 0; i < 3; ++i) {
    const V even = 0.5f * (half[i][1] + half[i][2]);
    g[3 * i] = half[i][0] + even;
    g[3 * i + 1] = 0.5f * (half[i][1] - half[i][2]);
    g[3 * i + 2] = even + half[i][3];
  }
}

void winograd_weight_gradient(const WinogradWeight& w, const float* sums, int64_t parts, float* grad_weight,
                              int64_t begin, int64_t end) {
  const int64_t matrix = w.features * w.channels;
  for (int64_t feature = begin * kColumns; feature < end * kColumns; feature += kRegisterFloats) {
    for (int64_t k = 0; k < w.channels; ++k) {
      const float* from = sums + (feature / kColumns * w.channels + k) * kColumns + feature % kColumns;
      typename Register::F s[16] = {}, g[9];
      for (int64_t part = 0; part < parts; ++part)
        for (int64_t i = 0; i < 16; ++i) s[i] += Register::load(from + (part * 16 + i) * matrix);
      transform_weight_gradient(s, g);
      for (int64_t tap = 0; tap < 9; ++tap) {
        float lanes[kRegisterFloats];
        Register::store(lanes, g[tap]);
        for (int64_t n = 0; n < kRegisterFloats; ++n)
          grad_weight[(feature + n) * w.feature_stride + k * w.channel_stride + tap * w.tap_stride] = lanes[n];
      }
    }
  }
}

}  // namespace
}  // namespace gtn::kernels
