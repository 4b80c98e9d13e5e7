// The arguments of one item of a learner text: read by name or position, and complained about where nobody read them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gtn/nets/spec_parser.h"

namespace gtn {

// Every function throws a usage error at the item's place for a value that cannot be.
class SpecArguments {
 public:
  using Pair = std::array<int64_t, 2>;

  // `item` must outlive it. `classes`: what the word "classes" stands for.
  SpecArguments(const SpecItem& item, int64_t classes) : item_(item), classes_(classes), used_(item.arguments.size()) {}

  // The value of this name, or the one without a name at this position; none where it is not there.
  std::optional<std::string> find(const std::string& name, int position = -1);
  // Whether a word such as nobias stands there.
  bool flag(const std::string& word);
  // A width, window or count from `low` on. Throws where it is absent and no value is given for that.
  int64_t extent(const std::string& name, int position, std::optional<int64_t> absent, int64_t low = 1);
  // "3", for both, or "1x3".
  Pair pair(const std::string& name, Pair absent, int64_t low = 1);
  // A number without a name, finite.
  double real(int position, double absent);

  // Throws where an argument is left that nobody has asked for.
  void expect_all_used() const;
  // Throws: the item, what is wrong with it.
  [[noreturn]] void fail(const std::string& what) const;

 private:
  int64_t number(const std::string& text, const std::string& name, int64_t low) const;

  const SpecItem& item_;
  int64_t classes_;
  std::vector<bool> used_;
};

}  // namespace gtn
