#include "gtn/kernels/kernels.h"

#include <atomic>

namespace gtn::kernels {

// NOLINTBEGIN(readability-identifier-naming): a table is named as people choose it
extern const Table portable;
#ifdef GTN_X86_KERNELS
extern const Table avx2, avx512;
#endif
// NOLINTEND(readability-identifier-naming)

namespace {

// Best first.
std::vector<const Table*> tables() {
  std::vector<const Table*> result;
#ifdef GTN_X86_KERNELS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    result.push_back(&avx512);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) result.push_back(&avx2);
#endif
  result.push_back(&portable);
  return result;
}

std::atomic<const Table*>& selected() {
  static std::atomic<const Table*> table{tables().front()};
  return table;
}

}  // namespace

const Table* table() { return selected().load(std::memory_order_relaxed); }

bool has_bfloat16() {
#ifdef GTN_X86_KERNELS
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

std::vector<std::string> available() {
  std::vector<std::string> names;
  for (const Table* t : tables()) names.emplace_back(t->name);
  return names;
}

bool select(const std::string& name) {
  if (name == "off") {
    selected() = nullptr;
    return true;
  }
  for (const Table* t : tables()) {
    if (name != t->name) continue;
    selected() = t;
    return true;
  }
  return false;
}

int64_t tile_count(const Chain& chain) {
  const auto rest = static_cast<uint64_t>(chain.channels % kTileChannels);
  return chain.images * (chain.channels / kTileChannels + __builtin_popcountll(rest));
}

int64_t scratch_floats(const Chain& chain) {
  int64_t positions = chain.in().positions();
  for (int i = 0; i < chain.count; ++i) positions += chain.ops[i].in.positions() + chain.ops[i].out.positions();
  return positions * kTileChannels * 2;
}

int64_t few_scratch_floats(const FewConv& c) {
  return 2 * ((c.in.height + 2 * c.padding.height) * (c.in.width + 2 * c.padding.width) * c.channels +
              c.features * kFewTaps);
}

int64_t winograd_tiles(const WinogradConv& c) { return c.images * ((c.out.height + 1) / 2) * ((c.out.width + 1) / 2); }

int64_t winograd_scratch_floats(const WinogradConv& c) {
  const int64_t block = kWinogradTiles + 1;  // a line more than its tiles
  return 16 * block * (16 + 2 * c.channels + c.features) + c.channels;
}

}  // namespace gtn::kernels
