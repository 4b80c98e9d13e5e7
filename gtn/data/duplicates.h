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
  std::array<int64_t, 3> within = {};  // repeat an earlier example of their own split
  int64_t between = 0;                 // validation and test examples that an earlier split has
  int64_t contradictory = 0;           // of all these, those whose first occurrence has another label
  // The first of them, with what they repeat; those between splits first.
  std::vector<std::pair<ExamplePlace, ExamplePlace>> examples = {};
};

// Equal values, bit by bit; near copies are not found. Up to `examples` pairs.
Duplicates find_duplicates(const Splits& splits, size_t examples);

}  // namespace gtn
