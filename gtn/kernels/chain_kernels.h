// Chains of local operations, tile by tile. Compiled once an instruction set, like vector.h.
#pragma once

#include "gtn/kernels/tile.h"

namespace gtn::kernels {
namespace {

// Where tile `index` lies: its image, its first channel, and how many channels it has; `width` counts those of the
// tiles beside it that are done with it.
struct Place {
  int64_t image, channel;
  int lanes;
  int64_t width;
};

inline int64_t tiles_of_image(int64_t channels) {
  return channels / kTileChannels + __builtin_popcountll(static_cast<uint64_t>(channels % kTileChannels));
}

inline Place place_of(int64_t channels, int64_t index) {
  const int64_t a_image = tiles_of_image(channels), whole = channels / kTileChannels;
  Place place{index / a_image, (index % a_image) * kTileChannels, kTileChannels, kTileChannels};
  if (index % a_image < whole) return place;
  place.channel = whole * kTileChannels;
  place.lanes = kTileChannels / 2;
  for (int64_t skip = index % a_image - whole;; place.lanes /= 2) {  // the rest as a sum of powers of two
    if (!((channels - whole * kTileChannels) & place.lanes)) continue;
    if (skip-- == 0) {
      place.width = place.lanes;
      return place;
    }
    place.channel += place.lanes;
  }
}

inline bool is_pool(const Op& op) { return op.kind == OpKind::max_pool || op.kind == OpKind::average_pool; }

// A pool alone needs no scratch: the tiles of an image are done side by side, as they lie in memory.
inline bool is_wide(const Chain& chain) { return chain.count == 1 && is_pool(chain.ops[0]); }

// Calls f.template run<L>(place) for each tile, or for several whole ones in a row.
template <class F>
void for_tiles(const Chain& chain, bool wide, int64_t begin, int64_t end, F&& f) {
  for (int64_t i = begin; i < end; ++i) {
    Place place = place_of(chain.channels, i);
    while (wide && place.lanes == kTileChannels && i + 1 < end &&
           place.channel + place.width + kTileChannels <= chain.channels) {
      place.width += kTileChannels;
      ++i;
    }
    switch (place.lanes) {
      case 16:
        f.template run<16>(place);
        break;
      case 8:
        f.template run<8>(place);
        break;
      case 4:
        f.template run<4>(place);
        break;
      case 2:
        f.template run<2>(place);
        break;
      default:
        f.template run<1>(place);
        break;
    }
  }
}

template <int L, bool D>
void op_forward(const Chain& chain, const Place& place, const Op& op, Source x, Target y) {
  const int64_t positions = op.in.positions();
  switch (op.kind) {
    case OpKind::affine: {
      const Affine& a = *chain.affine;
      return affine_forward<L, D>(a, place.image * a.image_stride + place.channel, positions, x, y);
    }
    case OpKind::leaky_relu:
      return activation_forward<OpKind::leaky_relu, L, D>(op.slope, positions, x, y);
    case OpKind::silu:
      return activation_forward<OpKind::silu, L, D>(0, positions, x, y);
    case OpKind::tanh:
      return activation_forward<OpKind::tanh, L, D>(0, positions, x, y);
    case OpKind::max_pool:
      return with_window(op, [&](auto k) { max_forward<L, D, k.kValue>(op, place.width, x, y); });
    case OpKind::average_pool:
      average_forward<L>(op, place.width, x.value, x.stride, y.value, y.stride);
      if constexpr (D) average_forward<L>(op, place.width, x.tangent, x.stride, y.tangent, y.stride);
  }
}

// Not for affine: its backward pass needs sums over all tiles first.
template <int L, bool D>
void op_backward(const Op& op, int64_t width, Source x, Source g, Target gx) {
  const int64_t positions = op.in.positions();
  switch (op.kind) {
    case OpKind::affine:
      return;
    case OpKind::leaky_relu:
      return activation_backward<OpKind::leaky_relu, L, D>(op.slope, positions, x, g, gx);
    case OpKind::silu:
      return activation_backward<OpKind::silu, L, D>(0, positions, x, g, gx);
    case OpKind::tanh:
      return activation_backward<OpKind::tanh, L, D>(0, positions, x, g, gx);
    case OpKind::max_pool:
      return with_window(op, [&](auto k) { max_backward<L, D, k.kValue>(op, width, x, g, gx); });
    case OpKind::average_pool:
      average_backward<L>(op, width, g.value, g.stride, gx.value, gx.stride);
      if constexpr (D) average_backward<L>(op, width, g.tangent, g.stride, gx.tangent, gx.stride);
  }
}

// A tile in the scratch: value and tangent one after another; takes its room.
template <int L, bool D>
Target take(float*& scratch, const Plane& plane) {
  const Target target{scratch, D ? scratch + plane.positions() * L : nullptr, L};
  scratch += plane.positions() * L * (D ? 2 : 1);
  return target;
}

inline int64_t offset_of(const Plane& plane, int64_t channels, const Place& place) {
  return place.image * plane.positions() * channels + place.channel;
}
inline Source source_at(In in, int64_t offset, int64_t stride) {
  return {in.value + offset, in.tangent ? in.tangent + offset : nullptr, stride};
}
inline Target target_at(Out out, int64_t offset, int64_t stride) {
  return {out.value + offset, out.tangent ? out.tangent + offset : nullptr, stride};
}

// Pools read their tile several times and out of order: one that lies scattered in memory is brought together first.
template <int L, bool D>
Source gather(const Op& op, const Source& x, float*& scratch) {
  if (!is_pool(op)) return x;
  const Target here = take<L, D>(scratch, op.in);
  copy<L>(x.value, x.stride, here.value, here.stride, op.in.positions());
  if constexpr (D) copy<L>(x.tangent, x.stride, here.tangent, here.stride, op.in.positions());
  return read(here);
}

template <bool D>
struct ChainForward {
  const Chain& chain;
  In x;
  Out y;
  float* scratch;

  template <int L>
  void run(const Place& place) const {
    if (is_wide(chain))
      return op_forward<L, D>(chain, place, chain.ops[0],
                              source_at(x, offset_of(chain.in(), chain.channels, place), chain.channels),
                              target_at(y, offset_of(chain.out(), chain.channels, place), chain.channels));
    float* room = scratch;
    Source from =
        gather<L, D>(chain.ops[0], source_at(x, offset_of(chain.in(), chain.channels, place), chain.channels), room);
    for (int i = 0; i < chain.count; ++i) {
      const Target to = i + 1 == chain.count
                            ? target_at(y, offset_of(chain.out(), chain.channels, place), chain.channels)
                            : take<L, D>(room, chain.ops[i].out);
      op_forward<L, D>(chain, place, chain.ops[i], from, to);
      from = read(to);
    }
  }
};

template <bool D>
struct ChainBackward {
  const Chain& chain;
  In x, grad_y;
  Out grad;
  Sums sums;
  float* scratch;

  template <int L>
  void run(const Place& place) const {
    float* room = scratch;
    const int64_t channels = chain.channels;
    if (is_wide(chain))
      return op_backward<L, D>(chain.ops[0], place.width,
                               source_at(x, offset_of(chain.in(), channels, place), channels),
                               source_at(grad_y, offset_of(chain.out(), channels, place), channels),
                               target_at(grad, offset_of(chain.in(), channels, place), channels));
    Source inputs[kLongestChain];  // of each operation
    inputs[0] = gather<L, D>(chain.ops[0], source_at(x, offset_of(chain.in(), channels, place), channels), room);
    for (int i = 0; i + 1 < chain.count; ++i) {
      const Target to = take<L, D>(room, chain.ops[i].out);
      op_forward<L, D>(chain, place, chain.ops[i], inputs[i], to);
      inputs[i + 1] = read(to);
    }
    const Target outside = target_at(grad, offset_of(chain.in(), channels, place), channels);
    Source g = source_at(grad_y, offset_of(chain.out(), channels, place), channels);
    const int first = chain.affine ? 1 : 0;
    for (int i = chain.count - 1; i >= first; --i) {
      const Op& op = chain.ops[i];
      const Target to = i == first && !is_pool(op) ? outside : take<L, D>(room, op.in);
      op_backward<L, D>(op, L, inputs[i], g, to);
      g = read(to);
      if (i > first || !is_pool(op)) continue;
      copy<L>(g.value, g.stride, outside.value, outside.stride, op.in.positions());
      if constexpr (D) copy<L>(g.tangent, g.stride, outside.tangent, outside.stride, op.in.positions());
    }
    if (chain.affine) add_up<L>(place, inputs[0], g);
  }

  template <int L>
  void add_up(const Place& place, Source from, Source g) const {
    using V = Lanes<L>;
    const Affine& a = *chain.affine;
    const int64_t coefficient = place.image * a.image_stride + place.channel;
    const auto mean = V::load(a.mean.value + coefficient);
    typename V::F mean_t{}, sum{}, moment{}, sum_t{}, moment_t{};
    if constexpr (D) mean_t = V::load(a.mean.tangent + coefficient);
    for (int64_t p = 0; p < chain.in().positions(); ++p) {
      const auto grad_p = at<L>(g.value, p, g.stride), centred = at<L>(from.value, p, from.stride) - mean;
      sum += grad_p;
      moment += grad_p * centred;
      if constexpr (D) {
        const auto tangent = at<L>(g.tangent, p, g.stride);
        sum_t += tangent;
        moment_t += tangent * centred + grad_p * (at<L>(from.tangent, p, from.stride) - mean_t);
      }
    }
    const int64_t slot = place.image * chain.channels + place.channel;
    V::store(sums.grad + slot, sum);
    V::store(sums.moment + slot, moment);
    if constexpr (D) {
      V::store(sums.grad_t + slot, sum_t);
      V::store(sums.moment_t + slot, moment_t);
    }
  }
};

template <bool D>
struct AffineBackwardTiles {
  const Chain& chain;
  const AffineBackward& a;
  In x, grad;
  Out grad_x;

  template <int L>
  void run(const Place& place) const {
    using V = Lanes<L>;
    const int64_t offset = offset_of(chain.in(), chain.channels, place), stride = chain.channels;
    const Source from = source_at(x, offset, stride), g = source_at(grad, offset, stride);
    const Target to = target_at(grad_x, offset, stride);
    const auto load = [&](const float* p) { return V::load(p + place.image * a.image_stride + place.channel); };
    const auto mean = load(a.mean.value), scale = load(a.scale.value), slope = load(a.slope.value),
               shift = load(a.offset.value);
    typename V::F mean_t{}, scale_t{}, slope_t{}, shift_t{};
    if constexpr (D)
      mean_t = load(a.mean.tangent), scale_t = load(a.scale.tangent), slope_t = load(a.slope.tangent),
      shift_t = load(a.offset.tangent);
    for (int64_t p = 0; p < chain.in().positions(); ++p) {
      const auto grad_p = at<L>(g.value, p, stride), centred = at<L>(from.value, p, stride) - mean;
      if constexpr (D)
        put<L>(to.tangent, p, stride,
               scale * at<L>(g.tangent, p, stride) + scale_t * grad_p +
                   slope * (at<L>(from.tangent, p, stride) - mean_t) + slope_t * centred + shift_t);
      put<L>(to.value, p, stride, scale * grad_p + slope * centred + shift);
    }
  }
};

template <bool D>
struct MomentTiles {
  const Chain& chain;
  In x;
  Moments moments;

  template <int L>
  void run(const Place& place) const {
    using V = Lanes<L>;
    const int64_t positions = chain.in().positions(), stride = chain.channels;
    const Source from = source_at(x, offset_of(chain.in(), chain.channels, place), stride);
    typename V::F sum{}, square{}, tangent{}, cross{};
    for (int64_t p = 0; p < positions; ++p) sum += at<L>(from.value, p, stride);
    const auto mean = sum * (1.0f / static_cast<float>(positions));
    for (int64_t p = 0; p < positions; ++p) {
      const auto centred = at<L>(from.value, p, stride) - mean;
      square += centred * centred;
      if constexpr (D) {
        const auto along = at<L>(from.tangent, p, stride);
        tangent += along;
        cross += centred * along;
      }
    }
    const int64_t slot = place.image * chain.channels + place.channel;
    V::store(moments.mean + slot, mean);
    V::store(moments.square + slot, square);
    if constexpr (D) {
      V::store(moments.tangent + slot, tangent);
      V::store(moments.cross + slot, cross);
    }
  }
};

void chain_forward(const Chain& chain, In x, Out y, int64_t begin, int64_t end, float* scratch) {
  if (x.tangent)
    for_tiles(chain, is_wide(chain), begin, end, ChainForward<true>{chain, x, y, scratch});
  else
    for_tiles(chain, is_wide(chain), begin, end, ChainForward<false>{chain, x, y, scratch});
}

void chain_backward(const Chain& chain, In x, In grad_y, Out grad, const Sums& sums, int64_t begin, int64_t end,
                    float* scratch) {
  if (x.tangent)
    for_tiles(chain, is_wide(chain), begin, end, ChainBackward<true>{chain, x, grad_y, grad, sums, scratch});
  else
    for_tiles(chain, is_wide(chain), begin, end, ChainBackward<false>{chain, x, grad_y, grad, sums, scratch});
}

void affine_backward(const Chain& chain, const AffineBackward& a, In x, In grad, Out grad_x, int64_t begin,
                     int64_t end) {
  if (x.tangent)
    for_tiles(chain, false, begin, end, AffineBackwardTiles<true>{chain, a, x, grad, grad_x});
  else
    for_tiles(chain, false, begin, end, AffineBackwardTiles<false>{chain, a, x, grad, grad_x});
}

void moments(const Chain& chain, In x, const Moments& result, int64_t begin, int64_t end) {
  if (x.tangent)
    for_tiles(chain, false, begin, end, MomentTiles<true>{chain, x, result});
  else
    for_tiles(chain, false, begin, end, MomentTiles<false>{chain, x, result});
}

}  // namespace
}  // namespace gtn::kernels
