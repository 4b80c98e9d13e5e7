// Spaces in TOML: any bytes either give a space or end in gtn::Error, and what the space draws is a genotype of it.
#include "gtn/core/error.h"
#include "gtn/search/grid_space.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const gtn::GridSpace space(std::string(data, data + size), "space.toml");
    const std::string genotype = space.sample(gtn::Key(size));
    if (space.canonical(genotype) != genotype) __builtin_trap();
    for (const std::string& neighbour : space.neighbours(genotype))
      if (space.learner(neighbour) == space.learner(genotype)) __builtin_trap();
  } catch (const gtn::Error&) {
  }
  return 0;
}
