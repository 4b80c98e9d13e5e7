#include "gtn/core/random.h"

#include <ATen/CPUGeneratorImpl.h>

#include "gtn/core/error.h"

namespace gtn {
namespace {

at::Generator generator_of(uint64_t state) { return at::detail::createCPUGenerator(state); }

}  // namespace

uint64_t Key::mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

Key Key::split(std::string_view name) const {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return Key(Raw{}, mix(state_ ^ mix(hash)));
}

Tensor Key::normal(at::IntArrayRef shape) const {
  return at::empty(shape, at::kFloat).normal_(0, 1, generator_of(state_));
}

Tensor Key::uniform(at::IntArrayRef shape, double low, double high) const {
  return at::empty(shape, at::kFloat).uniform_(low, high, generator_of(state_));
}

Tensor Key::integers(int64_t count, int64_t bound) const {
  return at::empty({count}, at::kLong).random_(0, bound, generator_of(state_));
}

Tensor Key::permutation(int64_t count) const { return at::randperm(count, generator_of(state_), at::kLong); }

int64_t Key::index(int64_t bound) const {
  if (bound < 1) throw std::invalid_argument("Key::index: bound must be at least 1");
  return static_cast<int64_t>(mix(state_) % static_cast<uint64_t>(bound));
}

double Key::unit() const { return static_cast<double>(mix(state_) >> 11) * 0x1p-53; }

}  // namespace gtn
