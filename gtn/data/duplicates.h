// Examples that occur more than once.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "gtn/data/dataset.h"

namespace gtn {

struct ExamplePlace {
  size_t split;  // 0: training, 1: validation, 2: test
  int64_t index;
};

struct Duplicates {
  // Of each split's examples:
  std::array<int64_t, 3> within = {};         // those that repeat an earlier one of their own split
  std::array<int64_t, 3> between = {};        // those that an earlier split has
  std::array<int64_t, 3> contradictory = {};  // of all these, those whose first occurrence has another label
  // The first of them, with what they repeat; those between splits first.
  std::vector<std::pair<ExamplePlace, ExamplePlace>> examples = {};
};

// Equal values, bit by bit; near copies are not found. Up to `examples` pairs.
Duplicates find_duplicates(const Splits& splits, size_t examples);

}  // namespace gtn
