#include "gtn/data/duplicates.h"

#include <string_view>
#include <unordered_map>

namespace gtn {
namespace {

std::string_view bytes_at(const Tensor& images, int64_t index) {
  const size_t size = images.nbytes() / static_cast<size_t>(images.size(0));
  return {static_cast<const char*>(images.data_ptr()) + static_cast<size_t>(index) * size, size};
}

}  // namespace

Duplicates find_duplicates(const Splits& splits, size_t examples) {
  const std::array<const Dataset*, 3> parts = {&splits.train, &splits.validation, &splits.test};
  std::unordered_map<std::string_view, ExamplePlace> first;
  Duplicates found;
  std::vector<std::pair<ExamplePlace, ExamplePlace>> of_own_split;
  for (size_t split = 0; split < parts.size(); ++split) {
    const Dataset& part = *parts.at(split);
    for (int64_t i = 0; i < part.size(); ++i) {
      const auto [entry, fresh] = first.emplace(bytes_at(part.images, i), ExamplePlace{split, i});
      if (fresh) continue;
      const ExamplePlace& before = entry->second;
      const auto* labels = part.labels.data_ptr<int64_t>();
      const auto* labels_before = parts.at(before.split)->labels.data_ptr<int64_t>();
      found.contradictory.at(split) += labels[i] != labels_before[before.index];
      const bool own = before.split == split;
      ++(own ? found.within : found.between).at(split);
      auto& list = own ? of_own_split : found.examples;
      if (list.size() < examples) list.push_back({{split, i}, before});
    }
  }
  for (const auto& pair : of_own_split)
    if (found.examples.size() < examples) found.examples.push_back(pair);
  return found;
}

}  // namespace gtn
