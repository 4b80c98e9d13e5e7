// Faults of thousands of files or rows, told by their kind: how many there are, and which came first.
#pragma once

#include <string>
#include <vector>

#include "gtn/core/error.h"

namespace gtn {

struct FaultKind {
  std::string what;    // a noun phrase in the plural: "empty files"
  std::string remedy;  // what to do: "get other copies of them"

  bool operator==(const FaultKind&) const = default;
};

class FaultGroups {
 public:
  // One more of this kind. `example` is fit for a message and says where.
  void add(const FaultKind& kind, std::string example);

  bool empty() const { return groups_.empty(); }

  // One fault a kind, in the order of their first ones: "empty files: 7 ("a.png", "b.png", "c.png", ...); get other
  // copies of them".
  void add_to(Faults& faults) const;

 private:
  struct Group {
    FaultKind kind;
    size_t count = 0;
    std::vector<std::string> examples = {};  // the first few
  };
  std::vector<Group> groups_;
};

}  // namespace gtn
