// From labels as texts to numbered classes.
#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "gtn/core/json.h"
#include "gtn/core/quote.h"
#include "gtn/data/own_parts.h"

namespace gtn {
namespace {

const FaultKind kUnknownLabel{"labels that are no class of the training", "correct them"};
const FaultKind kOddClass{"class names that are not UTF-8, or hold line breaks or other control characters",
                          "rename them"};
const FaultKind kEmptyLabel{"missing labels", "fill them in, or remove the examples"};

std::optional<int64_t> whole_number(const std::string& text) {
  int64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && stop == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::vector<std::string> sorted_classes(const std::vector<std::string>& labels) {
  const std::set<std::string> distinct(labels.begin(), labels.end());
  std::vector<std::string> names(distinct.begin(), distinct.end());
  if (std::ranges::all_of(names, [](const std::string& name) { return whole_number(name).has_value(); }))
    std::ranges::sort(names, {}, [](const std::string& name) { return *whole_number(name); });
  return names;
}

}  // namespace

bool is_plain_name(const std::string& name) {
  if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) return false;
  try {
    return !Json(name).dump().empty();
  } catch (const Json::exception&) {  // no UTF-8
    return false;
  }
}

void number_labels(OwnParts& parts, const std::array<std::vector<std::string>, 3>& labels,
                   const std::vector<std::string>& names, Faults& faults) {
  parts.class_names = names.empty() ? sorted_classes(labels[0]) : names;
  std::map<std::string, int64_t> number;
  for (size_t k = 0; k < parts.class_names.size(); ++k) number.emplace(parts.class_names[k], k);
  if (!names.empty())  // unless names are numbers themselves
    for (size_t k = 0; k < names.size(); ++k) number.emplace(std::to_string(k), k);
  FaultGroups groups;
  for (const std::string& name : parts.class_names)
    if (name.empty() || !is_plain_name(name)) groups.add(name.empty() ? kEmptyLabel : kOddClass, quoted(name));
  const std::array<std::pair<OwnPart*, const char*>, 3> filled = {
      {{&parts.train, "training"}, {&parts.validation, "validation"}, {&parts.test, "test"}}};
  for (size_t i = 0; i < filled.size(); ++i) {
    const auto& [part, what] = filled.at(i);
    std::vector<int64_t> numbers;
    for (const std::string& label : labels.at(i)) {
      const auto found = number.find(label);
      if (found == number.end()) groups.add(kUnknownLabel, quoted(label) + " in the " + what + " data");
      numbers.push_back(found == number.end() ? 0 : found->second);
    }
    if (!numbers.empty()) part->labels = at::tensor(numbers, at::kLong);
  }
  groups.add_to(faults);
}

}  // namespace gtn
