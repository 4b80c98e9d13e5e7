// Randomness is a value. A Key names one stream; splitting it by a name or a number gives an independent one. There is
// no global seed, so the same key gives the same tensor whatever else ran before, in whatever order.
#pragma once

#include <string_view>

#include "gtn/core/tensor.h"

namespace gtn {

class Key {
 public:
  explicit Key(uint64_t seed) : state_(mix(seed)) {}

  Key split(std::string_view name) const;
  Key split(uint64_t index) const { return Key(Raw{}, mix(state_ ^ mix(index + 0x51ed270b))); }

  // All on the CPU, so that every device sees the same numbers; the caller moves them.
  Tensor normal(at::IntArrayRef shape) const;                            // N(0, 1), float32
  Tensor uniform(at::IntArrayRef shape, double low, double high) const;  // [low, high), float32
  Tensor integers(int64_t count, int64_t bound) const;  // [count] int64 in [0, bound), with replacement
  Tensor permutation(int64_t count) const;              // [count] int64

  // One draw: an index in [0, bound); throws where bound < 1.
  int64_t index(int64_t bound) const;
  // One draw in [0, 1).
  double unit() const;

  uint64_t bits() const { return state_; }

 private:
  struct Raw {};
  Key(Raw, uint64_t state) : state_(state) {}
  static uint64_t mix(uint64_t x);  // the finaliser of SplitMix64 (Steele, Lea, Flood, 2014)

  uint64_t state_;
};

}  // namespace gtn
