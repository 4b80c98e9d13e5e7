// A property of every kind of artefact: damaged, it is read or refused, never worse.
#pragma once

#include <rapidcheck/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "gtn/core/error.h"
#include "gtn/data/artefact.h"

namespace gtn {

// Changes random bytes of `valid`, an encoded artefact, and asserts that reading it gives an artefact or an Error at
// its place. To be called from a property of rapidcheck.
inline void assert_damage_is_noticed_or_harmless(const std::string& valid) {
  std::string bytes = valid;
  const auto edits = *rc::gen::container<std::vector<std::pair<size_t, char>>>(
      rc::gen::pair(rc::gen::inRange<size_t>(0, valid.size()), rc::gen::arbitrary<char>()));
  for (const auto& [place, value] : edits) bytes[place] = value;
  try {
    RC_ASSERT(to_artefact(decode_archive(bytes, "mutant"), "mutant").steps() >= 1);
  } catch (const Error& error) {
    RC_ASSERT(std::string(error.what()).starts_with("mutant: "));
  }
}

}  // namespace gtn
