#include "gtn/data/fault_groups.h"

#include <algorithm>

namespace gtn {
namespace {

constexpr size_t kExamples = 3;

}  // namespace

void FaultGroups::add(const FaultKind& kind, std::string example) {
  auto group = std::ranges::find(groups_, kind, &Group::kind);
  if (group == groups_.end()) group = groups_.insert(groups_.end(), Group{kind});
  ++group->count;
  if (group->examples.size() < kExamples) group->examples.push_back(std::move(example));
}

void FaultGroups::add_to(Faults& faults) const {
  for (const Group& group : groups_) {
    std::string examples;
    for (const std::string& example : group.examples) examples.append(examples.empty() ? "" : ", ").append(example);
    if (group.count > group.examples.size()) examples += ", ...";
    faults.add(group.kind.what + ": " + std::to_string(group.count) + " (" + examples + "); " + group.kind.remedy);
  }
}

}  // namespace gtn
